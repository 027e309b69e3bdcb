package evaluate

import (
	"reflect"
	"testing"
)

func TestBenign(t *testing.T) {
	f := func(label string, want bool, benign ...string) {
		t.Helper()
		if benign == nil {
			benign = DefaultBenign
		}
		if got := Benign(label, benign); got != want {
			t.Errorf("Benign(%q, %q) = %v", label, benign, got)
		}
	}
	// Labels of CTU-13, CICIDS2017, CICIoT2023, UNSW-NB15, KDD99, IoT-23, Westermo.
	for _, l := range []string{
		"flow=Background", "flow=Background-UDP-Established", "flow=To-Background-CVUT-Proxy", "flow=From-Normal-V42-Stribrek",
		"BENIGN", "BenignTraffic", "Normal", "normal.", "Benign", "-", " - ", "legitimate", "Background", "", "  ",
	} {
		f(l, true)
	}
	for _, l := range []string{
		"flow=From-Botnet-V42-TCP-CC1-HTTP-Not-Encrypted", "Botnet", "Bot", "DoS Hulk", "Malicious", "PartOfAHorizontalPortScan",
		"C&C-HeartBeat", "smurf.", "0", "--", "bad-ip", "Abnormal", "abnormal traffic", "Ab-Normal", "not normal", "Non-Benign", "Backgrounds",
	} {
		f(l, false)
	}
	f("Web Scan", true, "web scan")
	f("web-scan 2", true, "web scan")
	f("scan web", false, "web scan")
	f("web", false, "web scan")
	f("0", true, "0")
	f("10", false, "0")
	f("normal", false, "") // an empty word is in no label
	f("--", true, "--")
	f("ÜBLICH-3", true, "üblich")
	if Benign("Normal", []string{}) {
		t.Error("Normal is benign without words for that")
	}
}

func TestWords(t *testing.T) {
	f := func(s string, want ...string) {
		t.Helper()
		if got := words(s); !reflect.DeepEqual(got, want) {
			t.Errorf("words(%q) = %q, want %q", s, got, want)
		}
	}
	f("")
	f(" -=")
	f("flow=From-Normal-V42", "flow", "from", "normal", "v", "42")
	f("BenignTraffic", "benign", "traffic")
	f("web_BruteForce2x", "web", "brute", "force", "2", "x")
	f("\xffa\xff", "a")
}
