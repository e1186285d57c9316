package checker

import (
	"testing"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

func TestUniqueIDsChecker(t *testing.T) {
	for want, ids := range map[string][]history.ID{
		`{:valid? true, :attempted-count 1, :acknowledged-count 0, :duplicated-count 0, :duplicated {}, :range [nil nil]}`:                   nil,
		`{:valid? true, :attempted-count 4, :acknowledged-count 3, :duplicated-count 0, :duplicated {}, :range [2 "a"]}`:                     {"10", `"a"`, "2"},
		`{:valid? false, :attempted-count 6, :acknowledged-count 5, :duplicated-count 2, :duplicated {1 3, "1" 2}, :range [1 "1"]}`:          {"1", `"1"`, "1", `"1"`, "1"},
		`{:valid? false, :attempted-count 3, :acknowledged-count 2, :duplicated-count 1, :duplicated {[1 "x"] 2}, :range [[1 "x"] [1 "x"]]}`: {`[1,"x"]`, `[1,"x"]`},
	} {
		h := &history.History{}
		for _, id := range ids {
			began := h.Add(history.Op{F: "generate", Began: -1})
			h.Add(history.Op{F: "generate", Type: history.OK, Value: id, Began: began})
		}
		began := h.Add(history.Op{F: "generate", Began: -1})
		h.Add(history.Op{F: "generate", Type: history.Info, Began: began})
		if got := string(edn.Append(nil, CheckUniqueIDs(h).EDN())); got != want {
			t.Errorf("%v: %s, want %s", ids, got, want)
		}
	}
}
