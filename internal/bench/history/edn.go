package history

import (
	"strconv"

	"gset/internal/bench/edn"
)

// AppendEDN writes an entry of a history.
func (op *Op) AppendEDN(dst []byte) []byte { return op.appendEDN(dst, edn.Append) }

// appendEDN writes an entry, whose value the given function writes.
func (op *Op) appendEDN(dst []byte, value func([]byte, any) []byte) []byte {
	dst = strconv.AppendInt(append(dst, "{:index "...), int64(op.Index), 10)
	dst = strconv.AppendInt(append(dst, ", :time "...), int64(op.Time), 10)
	dst = append(append(dst, ", :type :"...), opTypes[op.Type]...)
	dst = append(dst, ", :process "...)
	dst = appendProcess(dst, op.Process)
	dst = append(append(dst, ", :f :"...), op.F...)
	dst = value(append(dst, ", :value "...), op.Value)
	if op.Final {
		dst = append(dst, ", :final? true"...)
	}
	if op.Error != nil {
		dst = edn.Append(append(dst, ", :error "...), op.Error)
	}
	if op.Crash != nil {
		dst = edn.Append(append(dst, ", :exception "...), op.Crash.Reason)
	}
	return append(dst, '}')
}

// appendText writes an operation for people: process, type, function, value
// and error, with tabs between them. The given function writes the value.
func (op *Op) appendText(dst []byte, value func([]byte, any) []byte) []byte {
	dst = appendProcess(dst, op.Process)
	dst = append(append(dst, "\t:"...), opTypes[op.Type]...)
	dst = append(append(dst, "\t:"...), op.F...)
	dst = value(append(dst, '\t'), op.Value)
	if op.Error != nil {
		dst = append(dst, '\t')
		if text, ok := op.Error.(string); ok {
			return append(dst, text...)
		}
		dst = edn.Append(dst, op.Error)
	}
	return dst
}

func appendProcess(dst []byte, process int) []byte {
	if process == Nemesis {
		return append(dst, ":nemesis"...)
	}
	return strconv.AppendInt(dst, int64(process), 10)
}
