// Package expiry decides when to warn that a certificate expires.
package expiry

import (
	"fmt"
	"time"
)

// Early is how long before a certificate expires it is warned of.
const Early = 14 * 24 * time.Hour

// How often it is warned of one that expires soon, and of one that has expired.
const (
	soonEvery    = 24 * time.Hour
	expiredEvery = time.Hour
)

// Warning remembers when it was last warned of a certificate. The zero value has not. It is not safe for
// concurrent use.
type Warning struct{ last, of time.Time }

// Due returns a warning, once in a while, if a certificate expires within Early, or has expired; "" else. The zero
// time stands for no certificate.
func (w *Warning) Due(now, expires time.Time) string {
	left, every := expires.Sub(now), soonEvery
	if left <= 0 {
		every = expiredEvery
	}
	again := w.of.Equal(expires) && now.Sub(w.last) < every && (left > 0 || !w.last.Before(expires))
	if expires.IsZero() || left > Early || again {
		return ""
	}
	w.last, w.of = now, expires
	if left <= 0 {
		return fmt.Sprintf("the certificate has expired %v ago", rounded(-left))
	}
	return fmt.Sprintf("the certificate expires in %v", rounded(left))
}

// rounded rounds down: to seconds below an hour, and to minutes above.
func rounded(d time.Duration) time.Duration {
	if d < time.Hour {
		return d.Truncate(time.Second)
	}
	return d.Truncate(time.Minute)
}
