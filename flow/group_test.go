package flow_test

import (
	"net/netip"
	"testing"

	"toolkit/flow"
)

func TestGroup(t *testing.T) {
	for text, want := range map[string]bool{
		"239.255.255.250": true, "224.0.0.1": true, "255.255.255.255": true, "192.168.1.255": true, "ff02::fb": true,
		"192.168.1.1": false, "223.255.255.254": false, "240.0.0.1": false, "fe80::1": false, "2001:db8::ff": false,
	} {
		if got := flow.Group(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
