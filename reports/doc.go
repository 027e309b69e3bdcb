// Package reports says what was found: as a page, as Markdown, as JSON, and
// as figures with their numbers.
//
// It has three layers. A [Report] is sections of text, tables and figures: data
// without markup, in which words that come from the input (addresses, labels,
// file names) stand as they are. The renderers behind [Write] turn it into
// index.html, report.md, report.json and figures/, and escape what their form
// needs. [Build] makes the Report of a directory of outputs.
//
// Equal inputs give equal bytes: nothing in a report depends on when, where or
// how quickly it was made.
package reports
