package squall

import "strconv"

// AppendEDN writes an entry of a history.
func (op *Op) AppendEDN(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, "{:index "...), int64(op.Index), 10)
	dst = strconv.AppendInt(append(dst, ", :time "...), int64(op.Time), 10)
	dst = append(append(dst, ", :type :"...), opTypes[op.Type]...)
	dst = append(dst, ", :process "...)
	dst = appendProcess(dst, op.Process)
	dst = append(append(dst, ", :f :"...), op.F...)
	dst = appendEDN(append(dst, ", :value "...), op.Value)
	if op.Final {
		dst = append(dst, ", :final? true"...)
	}
	if op.Error != nil {
		dst = appendEDN(append(dst, ", :error "...), op.Error)
	}
	if op.Crash != nil {
		dst = appendEDN(append(dst, ", :exception "...), op.Crash.Reason)
	}
	return append(dst, '}')
}

// appendOpText writes an operation for people: process, type, function, value
// and error, with tabs between them.
func appendOpText(dst []byte, op *Op) []byte {
	dst = appendProcess(dst, op.Process)
	dst = append(append(dst, "\t:"...), opTypes[op.Type]...)
	dst = append(append(dst, "\t:"...), op.F...)
	dst = appendEDN(append(dst, '\t'), op.Value)
	if op.Error != nil {
		dst = append(dst, '\t')
		if text, ok := op.Error.(string); ok {
			return append(dst, text...)
		}
		dst = appendEDN(dst, op.Error)
	}
	return dst
}

func appendProcess(dst []byte, process int) []byte {
	if process == Nemesis {
		return append(dst, ":nemesis"...)
	}
	return strconv.AppendInt(dst, int64(process), 10)
}
