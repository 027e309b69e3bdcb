// Package explain says in words and figures why rows, alerts, addresses and
// pairs of addresses are called anomalous.
package explain
