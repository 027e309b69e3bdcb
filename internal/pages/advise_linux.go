package pages

import "syscall"

// advise tells the kernel. Its error, that of a kernel built without large
// pages, is of no matter.
func advise(b []byte) { _ = syscall.Madvise(b, syscall.MADV_HUGEPAGE) }
