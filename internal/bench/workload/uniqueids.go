package workload

import (
	"math/rand/v2"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/rawjson"
)

// uniqueIDs asks nodes to generate ids, of any type, no two of which may be the same.
type uniqueIDs struct{}

func newUniqueIDs(TopologyKind) Workload { return uniqueIDs{} }

var generateOK = &Schema{"generate_ok", []fieldSpec{{"id", anyJSON}}}

func (uniqueIDs) Setup([]string) (func(dst []byte, msgID int64) []byte, *Schema) { return nil, nil }

func (uniqueIDs) Next(*rand.Rand) Operation { return Operation{F: "generate"} }

func (uniqueIDs) Final() (Operation, bool) { return Operation{}, false }

func (uniqueIDs) Request(dst []byte, _ Operation, msgID int64) []byte {
	return append(AppendRequest(dst, "generate", msgID), '}')
}

func (uniqueIDs) Reply(Operation) *Schema { return generateOK }

func (uniqueIDs) Complete(_ Operation, _ []byte, fields []rawjson.Field) any {
	return history.ID(rawjson.Canonical(rawjson.Lookup(fields, "id")))
}

func (uniqueIDs) Errors(Operation) ErrorPolicy { return caught }

func (uniqueIDs) Check(h *history.History) checker.Result { return checker.CheckUniqueIDs(h) }
