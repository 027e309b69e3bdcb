// Package synth generates flow records of an office network, with planted
// and labelled anomalies.
//
// The records have the shape of the traffic that the project began with:
// as many records, addresses, ports, flow tuples and 10 s bins of address
// pairs, in the same 70 minutes. docs/synthetic.md has the figures, and what
// is not realistic about them.
//
// A plan comes first: which pairs of addresses talk, from which bin to which,
// in how many bins, over how many connections, with how many records. These
// counts are drawn from heavy-tailed distributions and then apportioned so
// that they add up to the shape exactly, whatever the seed. The records are
// then drawn bin by bin, so that memory is that of the plan and of one bin:
// it grows with the square root of the number of records.
package synth
