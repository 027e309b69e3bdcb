// Package serve shows a directory of outputs in a browser: its report, and its
// tables with filters.
//
// It only reads. Requests that name another host than the one listened at are
// refused, so that a page elsewhere can't reach it by a name of its own for
// this machine (DNS rebinding); files are opened below the directory only.
package serve
