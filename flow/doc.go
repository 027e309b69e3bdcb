// Package flow reads network-flow records.
//
// A [Source] yields records in batches of columns, one slice a field, in the
// order of the input:
//
//	for b, err := range src {
//		if bad := (*flow.SyntaxError)(nil); errors.As(err, &bad) {
//			log.Print(bad) // one record could not be read; the next ones can
//			continue
//		}
//		if err != nil {
//			return err // the stream is over
//		}
//		...
//	}
//
// [Open] makes a Source of files, finding the format of each by its content
// among [Formats]. Addresses are numbers in [Hosts], labels numbers in
// [Labels]; one of each serves all the inputs of a run.
//
// Nothing here knows what is done with the records: package features makes
// tables of them and package detect alerts.
package flow
