package dashboard

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name is the name of a collection or a member: any bytes. In JSON it is what Show makes of it.
type Name string

// MarshalText returns the name as it is shown.
func (n Name) MarshalText() ([]byte, error) { return []byte(Show(string(n))), nil }

// maxShown bounds what is shown of a name, in bytes before quoting.
const maxShown = 120

// Show returns a text that can be read for a name: the name itself, if that is printable UTF-8; else
// it is quoted as in Go, which shows each byte that is not UTF-8, and each rune that is invisible or
// turns the direction of writing. The empty name, and one that begins with a quotation mark, are quoted
// as well, so different names look different. A long name is cut, and its length is told.
func Show(name string) string {
	cut := len(name) > maxShown
	full := len(name)
	if cut {
		name = name[:maxShown]
		for i := 1; i < utf8.UTFMax && i < len(name); i++ { // a rune that was cut is left out
			if utf8.RuneStart(name[len(name)-i]) {
				if !utf8.FullRuneInString(name[len(name)-i:]) {
					name = name[:len(name)-i]
				}
				break
			}
		}
	}
	if !plain(name) {
		name = strconv.Quote(name)
	}
	if cut {
		name += "… (" + strconv.Itoa(full) + " bytes)"
	}
	return name
}

// plain reports whether a name is shown as it is.
func plain(name string) bool {
	if name == "" || name[0] == '"' || name[0] == ' ' || name[len(name)-1] == ' ' || !utf8.ValidString(name) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}
