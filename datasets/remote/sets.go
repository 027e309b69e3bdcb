// Package remote knows public data sets of flow records, and fetches them from
// their publishers.
package remote

import "fmt"

// A Set is a public data set. It is constant.
type Set struct {
	Name     string `json:"name"`    // a lower-case word
	Title    string `json:"title"`   // one line without a full stop
	Page     string `json:"page"`    // where its publisher describes it
	Licence  string `json:"licence"` // what the publisher says of its use; read the page before you rely on it
	Citation string `json:"citation"`
	Format   string `json:"format"` // the format of the toolkit that its records are of
	Files    []File `json:"files"`
}

// A File is a file of a Set.
type File struct {
	Name   string `json:"name"`
	URL    string `json:"url,omitempty"`    // "" if it can't be had without a form or an account: see the page
	Bytes  int64  `json:"bytes,omitempty"`  // 0 if not known
	SHA256 string `json:"sha256,omitempty"` // "" to record it when it is first fetched
}

// Find returns the set of that name, or nil.
func Find(name string) *Set {
	for _, s := range Sets {
		if s.Name == name {
			return s
		}
	}
	return nil
}

const (
	stratosphere = "https://mcfp.felk.cvut.cz/publicDatasets/"
	garcia2014   = "S. García, M. Grill, J. Stiborek, A. Zunino: An empirical comparison of botnet detection methods. Computers & Security 45, 2014"
)

// Sets are the public data sets known by name.
var Sets = []*Set{
	{
		Name: "ctu13", Title: "13 botnet captures of 2011 among the traffic of a university: bidirectional flows with labels",
		Page: "https://www.stratosphereips.org/datasets-ctu13", Licence: "Creative Commons Attribution", Citation: garcia2014, Format: "argus",
		Files: ctu13(
			"capture20110810", "capture20110811", "capture20110812", "capture20110815", "capture20110815-2", "capture20110816", "capture20110816-2",
			"capture20110816-3", "capture20110817", "capture20110818", "capture20110818-2", "capture20110819", "capture20110815-3"),
	},
	{
		Name: "ctu13all", Title: "CTU-13 as one archive: the flows, and packets of the botnets",
		Page: "https://www.stratosphereips.org/datasets-ctu13", Licence: "Creative Commons Attribution", Citation: garcia2014, Format: "argus",
		Files: []File{{
			"CTU-13-Dataset.tar.bz2", stratosphere + "CTU-13-Dataset/CTU-13-Dataset.tar.bz2", 1_997_547_391,
			"1f8daeca146131a368b432b2d8625de5e4429bce833f3e4cf4bea8312344ab7f",
		}},
	},
	{
		Name: "iot23", Title: "23 captures of IoT devices, 20 of them infected, as labelled Zeek logs (about 9 GB packed)",
		Page: "https://www.stratosphereips.org/datasets-iot23", Licence: "Creative Commons Attribution 4.0",
		Citation: "S. García, A. Parmisano, M. J. Erquiaga: IoT-23. Stratosphere Laboratory, 2020. doi:10.5281/zenodo.4743746", Format: "zeek",
		Files: []File{{Name: "iot_23_datasets_small.tar.gz", URL: stratosphere + "IoT-23-Dataset/iot_23_datasets_small.tar.gz"}},
	},
	{
		Name: "luflow", Title: "flows to honeypots and servers of Lancaster University, five days of 2020 and 2021",
		Page: "https://github.com/ruzzzzz/LUFlow", Licence: "none stated in the repository: ask its authors",
		Citation: "R. Mills, A. K. Marnerides, M. Broadbent, N. Race: Practical Intrusion Detection of Emerging Threats. IEEE TNSM 19(1), 2022", Format: "luflow",
		// By commit, so that what is fetched can't change.
		Files: luflow(
			"928d50f6a77a0f523a261b81184cc105d659d6a3/2020/07/2020.07.08.zip", "928d50f6a77a0f523a261b81184cc105d659d6a3/2020/07/2020.07.09.zip",
			"928d50f6a77a0f523a261b81184cc105d659d6a3/2020/09/2020.09.09.zip", "c2e50d2e47c8c685c7258b69da4921f1ce1e491f/2020/12/2020.12.16.zip",
			"42dc98fab258ed3fc9c3f39418c12c48bee9b7bd/2021/01/2021.01.05.zip"),
	},
	{
		Name: "unswnb15", Title: "synthetic attacks of nine kinds among synthetic traffic, of 2015: 2.5 million flows",
		Page: "https://research.unsw.edu.au/projects/unsw-nb15-dataset", Licence: "free for academic research; commercial use by agreement with the authors",
		Citation: "N. Moustafa, J. Slay: UNSW-NB15: a comprehensive data set for network intrusion detection systems. MilCIS 2015", Format: "unsw-nb15",
		Files: []File{{Name: "UNSW-NB15_1.csv"}, {Name: "UNSW-NB15_2.csv"}, {Name: "UNSW-NB15_3.csv"}, {Name: "UNSW-NB15_4.csv"}},
	},
	{
		Name: "cicids2017", Title: "five days of attacks in a test network, of 2017: 3.1 million flows",
		Page: "https://www.unb.ca/cic/datasets/ids-2017.html", Licence: "free to use and to hand on with the citation",
		Citation: "I. Sharafaldin, A. H. Lashkari, A. A. Ghorbani: Toward Generating a New Intrusion Detection Dataset and Intrusion Traffic Characterization. ICISSP 2018", Format: "cicflowmeter",
		Files: []File{{Name: "GeneratedLabelledFlows.zip"}},
	},
}

// ctu13 returns the files of the scenarios, of which the first is capture 42 of
// the publisher's.
func ctu13(captures ...string) []File {
	var fs []File
	for i, c := range captures {
		fs = append(fs, File{Name: c + ".binetflow", URL: fmt.Sprintf("%sCTU-Malware-Capture-Botnet-%d/detailed-bidirectional-flow-labels/%s.binetflow", stratosphere, 42+i, c)})
	}
	return fs
}

func luflow(paths ...string) []File {
	var fs []File
	for _, p := range paths {
		fs = append(fs, File{Name: p[len(p)-len("2020.07.08.zip"):], URL: "https://raw.githubusercontent.com/ruzzzzz/LUFlow/" + p})
	}
	return fs
}
