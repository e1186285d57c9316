package expiry_test

import (
	"strings"
	"testing"
	"time"

	"gset/internal/expiry"
)

// What is left is rounded down, so that a certificate with a second to go has not expired.
func TestWhatIsLeftIsRoundedDown(t *testing.T) {
	now := time.Unix(1e9, 0)
	for left, want := range map[time.Duration]string{
		28*time.Second + 900*time.Millisecond:        "expires in 28s",
		44 * time.Second:                             "expires in 44s",
		59*time.Minute + 59*time.Second:              "expires in 59m59s",
		5*time.Hour + 59*time.Minute + 1*time.Second: "expires in 5h59m0s",
		-28 * time.Second:                            "has expired 28s ago",
	} {
		if got := new(expiry.Warning).Due(now, now.Add(left)); got != "the certificate "+want {
			t.Errorf("%v: %q", left, got)
		}
	}
}

// Over a certificate's last month and the day after, it is warned of once a day in the last two weeks,
// at once when it has expired, and once an hour then; a renewed one is quiet.
func TestWarningsComeInTime(t *testing.T) {
	start := time.Unix(1e9, 0)
	end := start.Add(30 * 24 * time.Hour)
	var w expiry.Warning
	soon, expired := 0, 0
	for now := start; now.Before(end.Add(24*time.Hour + time.Minute)); now = now.Add(time.Minute) {
		switch text := w.Due(now, end); {
		case text == "":
		case strings.Contains(text, "has expired"):
			if expired++; now.Before(end) || expired == 1 && !now.Equal(end) {
				t.Errorf("at %v: %s", end.Sub(now), text)
			}
		default:
			if soon++; end.Sub(now) > expiry.Early {
				t.Errorf("%v before: %s", end.Sub(now), text)
			}
		}
	}
	if soon != 14 || expired != 25 {
		t.Errorf("%d warnings before, %d after", soon, expired)
	}
	if text := w.Due(end, end.Add(90*24*time.Hour)); text != "" {
		t.Error(text)
	}
	if text := w.Due(end, time.Time{}); text != "" {
		t.Error(text)
	}
}
