package reports

import (
	"math"
	"strings"
	"testing"

	"toolkit/features"
)

func TestNumbers(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got = strings.ReplaceAll(got, nbsp, " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(whole(0), "0")
	f(whole(999), "999")
	f(whole(-64618988), "−64,618,988")
	f(human(12.345678), "12.35")
	f(human(0.000012345), "1.23·10⁻⁵")
	f(human(123456.7), "123,457")
	f(human(2.32901393e13), "23,290,139,300,000")
	f(human(2.32901393e13+0.5), "2.33·10¹³")
	f(human(math.NaN()), "–")
	f(human(math.Inf(-1)), "−∞")
	f(short(65752), "65.8k")
	f(short(1500), "1,500")
	f(short(2e7), "20M")
	f(byteText(1023), "1023 B")
	f(byteText(64618988), "61.6 MiB")
	f(byteText(4040512881), "3.76 GiB")
	f(percent(0.8937), "89.4 %")
	f(percent(0.00001), "< 0.01 %")
	f(percent(0.99996), "99.996 %")
	f(percent(1), "100 %")
	f(seconds(4218), "1 h 10 min")
	f(seconds(3*86400+5), "3 d")
	f(seconds(3*86400+7200), "3 d 2 h")
	f(seconds(90), "1 min 30 s")
	f(seconds(12.5), "12.5 s")
	f(value(53000, features.Bytes), "51.8 KiB")
	f(value(500, features.Bytes), "500 B")
	f(value(1, features.Flag), "yes")
	f(slug("Flow Tuples", "a/../b"), "flow-tuples-a----b")
	f(list([]string{"a", "b", "c"}), "a, b and c")
	f(plural(1, "row", "rows"), "1 row")
}
