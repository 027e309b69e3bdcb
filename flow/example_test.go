package flow_test

import (
	"errors"
	"fmt"
	"strings"

	"toolkit/flow"
)

func ExampleOpen() {
	log := `2017-01-27 16:24:42,tcp,closed,10.2.1.39,60707,74.201.65.31,443,21687,8999
2017-01-27 16:24:42,tcp,closed,10.2.1.39,70000,74.201.65.31,443,37065,14484
2017-01-27 16:24:43,udp,established,10.2.1.39,53211,10.2.1.1,53,64,120
`
	r, err := flow.Open([]string{"-"}, flow.Options{Stdin: strings.NewReader(log)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for b, err := range r.Source() {
		if bad := (*flow.SyntaxError)(nil); errors.As(err, &bad) {
			fmt.Println(bad)
			continue
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		for i := range b.Len() {
			rec := b.Record(i)
			fmt.Println(rec.Seq, rec.Proto, rec.Src, rec.Dst, rec.State, rec.BytesUp, rec.BytesDown)
		}
	}
	in := r.Inputs()[0]
	fmt.Println(in.Format, in.Bytes, "bytes,", in.Records, "records,", in.Rejected, "rejected")
	// Output:
	// 0 tcp 10.2.1.39:60707 74.201.65.31:443 closed 21687 8999
	// stdin:2: src_port: "70000" is not a port, 0 to 65535
	// 2 udp 10.2.1.39:53211 10.2.1.1:53 established 64 120
	// csv 222 bytes, 2 records, 1 rejected
}
