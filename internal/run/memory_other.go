//go:build !unix

package run

// PeakRSS returns the most memory that this process has had resident, in
// bytes, 0 if it can't be known.
func PeakRSS() int64 { return 0 }

// TotalMemory returns the machine's memory in bytes, 0 if it can't be known.
func TotalMemory() int64 { return 0 }
