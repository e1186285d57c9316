package main

import (
	"net"
	"strconv"
)

// place is where a member is: at a host, whose other members that were before it have the lower ports.
type place struct {
	host   string
	before int
}

// thisMachine is the host of members without --hosts.
const thisMachine = "127.0.0.1"

// placeAt returns the place of a further member at a host, beside those that there are.
func placeAt(host string, all []place) place {
	p := place{host: host}
	if ip := net.ParseIP(host); ip != nil {
		p.host = ip.String()
	} else if host == "localhost" {
		p.host = thisMachine
	}
	for _, other := range all {
		if other.host == p.host {
			p.before++
		}
	}
	return p
}

// port returns the member's port, if the first member's at its host is this one.
func (p place) port(first int) string { return strconv.Itoa(first + p.before) }

func (p place) address(first int) string { return net.JoinHostPort(p.host, p.port(first)) }

// inside reports whether this machine alone reaches the member.
func (p place) inside() bool { return isLoopback(p.address(clientsPort)) }

// names returns the names and addresses of the host for the member's certificate.
func (p place) names() []string {
	if p.host == thisMachine {
		return []string{"localhost", thisMachine, "::1"}
	}
	return []string{p.host}
}
