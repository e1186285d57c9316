package acl

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Bounds of a password in bytes. A client's longer one is wrong without being hashed.
const (
	MinPassword = 16
	MaxPassword = 512
)

const saltSize = 16

// password is what is kept of a password.
type password struct {
	none bool // nopass: any will do
	salt [saltSize]byte
	sum  [sha256.Size]byte
}

const (
	noPassword = "nopass"
	scheme     = "sha256"
)

// Draw returns a new password of 160 random bits, in lower-case letters and digits.
func Draw() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// Hash returns what a users file has of a password: "sha256:SALT:SUM" in hex, with a salt drawn
// at random.
func Hash(text string) (string, error) {
	if len(text) < MinPassword || len(text) > MaxPassword {
		return "", fmt.Errorf("a password has %d to %d bytes, and this one %d", MinPassword, MaxPassword, len(text))
	}
	p := newPassword(text)
	return fmt.Sprintf("%s:%x:%x", scheme, p.salt, p.sum), nil
}

func newPassword(text string) (p password) {
	_, _ = rand.Read(p.salt[:]) // never fails
	p.sum = p.hash([]byte(text))
	return p
}

func (p *password) hash(text []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(p.salt[:])
	h.Write(text)
	return [sha256.Size]byte(h.Sum(nil))
}

var errHash = errors.New(`a password is "` + noPassword + `", or "` + scheme + `:SALT:SUM" as gsetd user prints it`)

func parsePassword(text string) (p password, err error) {
	if text == noPassword {
		return password{none: true}, nil
	}
	rest, ok := strings.CutPrefix(text, scheme+":")
	salt, sum, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 || len(salt) != 2*saltSize || len(sum) != 2*sha256.Size {
		return p, errHash
	}
	_, err = hex.Decode(p.salt[:], []byte(salt))
	if err == nil {
		_, err = hex.Decode(p.sum[:], []byte(sum))
	}
	if err != nil {
		return p, errHash
	}
	return p, nil
}

// matches reports whether a text is the password, in a time that does not tell how much of it is right.
func (p *password) matches(text []byte) bool {
	if p.none {
		return true
	}
	if len(text) > MaxPassword {
		return false
	}
	sum := p.hash(text)
	return subtle.ConstantTimeCompare(sum[:], p.sum[:]) == 1
}
