package blacklist

// A Source is a list that can be fetched by name.
type Source struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	Doc     string `json:"doc"`
	Licence string `json:"licence"` // what its publisher says of its use; read it before you rely on the list
}

// Sources are the lists known by name. The first is the one that the seed
// fetched.
var Sources = []Source{
	{
		"emergingthreats", "https://rules.emergingthreats.net/blockrules/compromised-ips.txt",
		"Hosts known to be compromised, by Proofpoint Emerging Threats", "BSD, as the open rule set of Emerging Threats",
	},
	{
		"alienvault", "https://reputation.alienvault.com/reputation.data",
		"AlienVault's IP reputation data, one \"address#…\" a line", "terms of AlienVault Open Threat Exchange",
	},
	{
		"feodo", "https://feodotracker.abuse.ch/downloads/ipblocklist.txt",
		"Command-and-control servers of botnets, by abuse.ch Feodo Tracker", "CC0",
	},
	{
		"spamhaus-drop", "https://www.spamhaus.org/drop/drop.txt",
		"Networks hijacked or leased by criminals, by Spamhaus (Don't Route Or Peer)", "free of charge with the copyright notice kept, terms of the Spamhaus Project",
	},
	{
		"firehol-level1", "https://raw.githubusercontent.com/firehol/blocklist-ipsets/master/firehol_level1.netset",
		"Networks of several lists chosen for few false alarms, private ones among them, by FireHOL", "those of the lists that it is made of",
	},
}
