// Package netflow reads what exporters send: datagrams of NetFlow v5, v9,
// IPFIX and sFlow v5, as they lie one behind another in a file, in a capture
// (pcap, pcapng), or as they come by UDP.
//
// Templates, NetFlow v5 and sFlow are decoded by github.com/netsampler/goflow2, captures and
// sampled packets by github.com/gopacket/gopacket.
package netflow
