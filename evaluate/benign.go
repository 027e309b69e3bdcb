package evaluate

import (
	"slices"
	"strings"
	"unicode"
)

// DefaultBenign are the words that make a label benign if nothing else is
// said.
var DefaultBenign = []string{"benign", "normal", "background", "legitimate", "-"}

// Benign tells whether a label has one of the given words in it, in any case
// of letters: "flow=Background", "From-Normal-V42" and "BenignTraffic" do,
// "Abnormal" and "not normal" don't. Several words, such as "web scan", are to
// follow one another. A word without letters or digits, such as "-", is to be
// the whole label. A blank label is benign.
func Benign(label string, benign []string) bool {
	label = strings.TrimSpace(label)
	if label == "" {
		return true
	}
	have := words(label)
	for _, b := range benign {
		want := words(b)
		if len(want) == 0 {
			if b = strings.TrimSpace(b); b != "" && b == label {
				return true
			}
			continue
		}
		for i := 0; i+len(want) <= len(have); i++ {
			negated := i > 0 && slices.Contains(negations, have[i-1])
			if !negated && slices.Equal(have[i:i+len(want)], want) {
				return true
			}
		}
	}
	return false
}

// negations turn the word that they stand before into its opposite.
var negations = []string{"not", "non", "no", "ab"}

// words cuts s where letters meet other characters, digits too, and where a
// capital follows a small letter. The words are in small letters.
func words(s string) []string {
	const (
		other = iota
		digit
		capital
		small
	)
	kind := func(r rune) int {
		switch {
		case unicode.IsUpper(r):
			return capital
		case unicode.IsLetter(r):
			return small
		case unicode.IsDigit(r):
			return digit
		}
		return other
	}
	var list []string
	start, last := 0, other
	end := func(i int) {
		if last != other && start < i {
			list = append(list, strings.ToLower(s[start:i]))
		}
		start = i
	}
	for i, r := range s {
		k := kind(r)
		if k != last && !(last == capital && k == small) {
			end(i)
		}
		last = k
	}
	end(len(s))
	return list
}

// Anomalous tells of each record whether its label is not benign (see Benign;
// nil stands for DefaultBenign). A record without a label is benign. It is nil
// if no record has a label.
func (r *Records) Anomalous(benign []string) []bool {
	if benign == nil {
		benign = DefaultBenign
	}
	bad := make([]bool, len(r.Labels)+1) // after one for no label
	for i, name := range r.Labels {
		bad[i+1] = !Benign(name, benign)
	}
	out, labelled := make([]bool, len(r.Label)), false
	for i, l := range r.Label {
		out[i] = bad[slot(l)]
		labelled = labelled || l >= 0 && strings.TrimSpace(r.Labels[l]) != ""
	}
	if !labelled {
		return nil
	}
	return out
}
