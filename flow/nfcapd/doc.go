// Package nfcapd reads the binary files of nfcapd and nfdump -w, of layout 1
// (nfdump 1.6) and layout 2 (1.7). It is a reader of its own: no library is
// to be had for Go. What it knows of them is in nfdump's nffile.h and
// nfxV3.h (github.com/phaag/nfdump), and was checked with what nfdump prints of
// the same files.
package nfcapd
