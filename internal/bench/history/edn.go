package history

import (
	"strconv"

	"gset/internal/bench/edn"
)

// AppendEDN writes an entry of a history.
func (op *Op) AppendEDN(dst []byte) []byte { return op.appendEDN(dst, edn.Append(nil, op.Value)) }

// appendEDN writes an entry with its value as it is given in EDN.
func (op *Op) appendEDN(dst, value []byte) []byte {
	dst = strconv.AppendInt(append(dst, "{:index "...), int64(op.Index), 10)
	dst = strconv.AppendInt(append(dst, ", :time "...), int64(op.Time), 10)
	dst = append(append(dst, ", :type :"...), opTypes[op.Type]...)
	dst = append(dst, ", :process "...)
	dst = appendProcess(dst, op.Process)
	dst = append(append(dst, ", :f :"...), op.F...)
	dst = append(append(dst, ", :value "...), value...)
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
// and error, with tabs between them. The value is as it is given in EDN.
func (op *Op) appendText(dst, value []byte) []byte {
	dst = appendProcess(dst, op.Process)
	dst = append(append(dst, "\t:"...), opTypes[op.Type]...)
	dst = append(append(dst, "\t:"...), op.F...)
	dst = append(append(dst, '\t'), value...)
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
