package gate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Reason returns the kind of an error of a handshake, one of a few, to be counted by.
func Reason(err error) string {
	var (
		record    tls.RecordHeaderError
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		alert     tls.AlertError
	)
	switch {
	case errors.Is(err, ErrDisplaced):
		return "displaced"
	case errors.As(err, &record):
		return "not TLS"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "certificate expired or not yet valid"
	case errors.As(err, &authority):
		return "certificate of an unknown authority"
	case errors.As(err, &invalid):
		return "certificate not valid"
	case errors.As(err, &alert) || strings.Contains(err.Error(), "remote error: tls"):
		return "refused by the client"
	case strings.Contains(err.Error(), "didn't provide a certificate"):
		return "no certificate"
	case strings.Contains(err.Error(), "unsupported versions"):
		return "TLS below 1.3"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE):
		return "connection broke"
	}
	return "other"
}
