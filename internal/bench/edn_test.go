package bench

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// ednReader reads EDN as strictly as Clojure's reader does, as far as the bench writes it.
type ednReader struct {
	text string
	at   int
}

// checkEDN tells what is wrong with a text of EDN.
func checkEDN(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("not UTF-8")
	}
	r := &ednReader{text: string(text)}
	for r.space(); r.at < len(r.text); r.space() {
		if err := r.value(); err != nil {
			return fmt.Errorf("at %.80q: %w", r.text[min(r.at, len(r.text)):], err)
		}
	}
	return nil
}

func (r *ednReader) space() {
	for r.at < len(r.text) && strings.ContainsRune(" ,\n\t", rune(r.text[r.at])) {
		r.at++
	}
}

func (r *ednReader) value() error {
	for _, c := range []struct{ open, shut string }{{"{", "}"}, {"#{", "}"}, {"[", "]"}, {"(", ")"}} {
		if strings.HasPrefix(r.text[r.at:], c.open) {
			r.at += len(c.open)
			return r.items(c.open, c.shut)
		}
	}
	if r.text[r.at] == '"' {
		for r.at++; r.at < len(r.text) && r.text[r.at] != '"'; r.at++ {
			if r.text[r.at] == '\\' {
				if r.at++; !strings.ContainsRune(`"\ntrfb`, rune(r.text[r.at])) {
					return errors.New("no such escape")
				}
			}
		}
		r.at++
		return nil
	}
	start := r.at
	for r.at < len(r.text) && !strings.ContainsRune(" ,\n\t{}[]()\"", rune(r.text[r.at])) {
		r.at++
	}
	if word := r.text[start:r.at]; word == "" || word == ":" {
		return fmt.Errorf("%q is no value", word)
	}
	return nil
}

// items reads what is in brackets. The keys of a map, and the elements of a set, differ.
func (r *ednReader) items(open, shut string) error {
	seen := map[string]bool{}
	for n := 0; ; n++ {
		r.space()
		if r.at >= len(r.text) {
			return errors.New("a bracket is not closed")
		}
		if strings.HasPrefix(r.text[r.at:], shut) {
			r.at++
			if open == "{" && n%2 == 1 {
				return errors.New("a map has a key without a value")
			}
			return nil
		}
		start := r.at
		if err := r.value(); err != nil {
			return err
		}
		if item := r.text[start:r.at]; open == "#{" || open == "{" && n%2 == 0 {
			if seen[item] {
				return fmt.Errorf("%s is there twice", item)
			}
			seen[item] = true
		}
	}
}

func TestTheTestsReaderFindsWhatIsNoEDN(t *testing.T) {
	for text, ok := range map[string]bool{
		`{:a 1, "b" [1 2.5 nil #{"x"}]} (:c)`: true,
		`{:a 1, :a 2}`:                        false,
		`{:a}`:                                false,
		`[1`:                                  false,
		`{: 1}`:                               false,
		"\"\xff\"":                            false,
	} {
		if err := checkEDN([]byte(text)); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
