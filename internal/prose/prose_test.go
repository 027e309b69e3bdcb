package prose

import (
	"math"
	"strings"
	"testing"

	"toolkit/features"
)

func TestNumbers(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got = strings.ReplaceAll(got, NBSP, " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(Whole(0), "0")
	f(Whole(999), "999")
	f(Whole(-64618988), "−64,618,988")
	f(Human(12.345678), "12.35")
	f(Human(0.000012345), "1.23·10⁻⁵")
	f(Human(123456.7), "123,457")
	f(Human(2.32901393e13), "23,290,139,300,000")
	f(Human(2.32901393e13+0.5), "2.33·10¹³")
	f(Human(math.NaN()), "–")
	f(Human(math.Inf(-1)), "−∞")
	f(Short(65752), "65.8k")
	f(Short(1500), "1,500")
	f(Short(2e7), "20M")
	f(Bytes(1023), "1023 B")
	f(Bytes(64618988), "61.6 MiB")
	f(Bytes(4040512881), "3.76 GiB")
	f(Percent(0.8937), "89.4 %")
	f(Percent(0.00001), "< 0.01 %")
	f(Percent(0.99996), "99.996 %")
	f(Percent(1), "100 %")
	f(Seconds(4218), "1 h 10 min")
	f(Seconds(3*86400+5), "3 d")
	f(Seconds(3*86400+7200), "3 d 2 h")
	f(Seconds(90), "1 min 30 s")
	f(Seconds(12.5), "12.5 s")
	f(Value(53000, features.Bytes), "51.8 KiB")
	f(Value(500, features.Bytes), "500 B")
	f(Value(1, features.Flag), "yes")
	f(List([]string{"a", "b", "c"}), "a, b and c")
	f(Plural(1, "row", "rows"), "1 row")
}
