package expiry_test

import (
	"strings"
	"testing"
	"time"

	"gset/internal/expiry"
)

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
