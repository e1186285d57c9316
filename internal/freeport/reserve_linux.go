package freeport

import (
	"errors"
	"fmt"
	"syscall"
)

// reserve binds a socket that never listens. Linux gives its port to no socket that asks for any port, and since
// both have SO_REUSEADDR, as Go's and most servers' have, lets another bind the port and listen.
func reserve() (addr string, release func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, fmt.Errorf("a socket: %w", err)
	}
	port, err := bind(fd)
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("a free port: %w", err), syscall.Close(fd))
	}
	return fmt.Sprint("127.0.0.1:", port), func() { _ = syscall.Close(fd) }, nil
}

func bind(fd int) (port int, err error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, err
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	return sa.(*syscall.SockaddrInet4).Port, nil
}
