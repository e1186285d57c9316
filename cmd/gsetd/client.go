package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/gomodule/redigo/redis"

	"gset/crdt"
)

// clientFlags say how to reach a running node as a client.
type clientFlags struct {
	User         string `help:"User to authenticate as." default:"default"`
	PasswordFile string `help:"File whose first line is the password." type:"existingfile"`
	CA           string `name:"ca" help:"File with certificates of authorities, PEM; with it connections use TLS." type:"existingfile"`
	Cert         string `help:"File with a certificate of the client, PEM." type:"existingfile"`
	Key          string `help:"File with the certificate's key, PEM." type:"existingfile"`
}

// replyTime is how long a reply is waited for.
const replyTime = 30 * time.Second

// dial connects to a node.
func (f *clientFlags) dial(ctx context.Context, address string) (redis.Conn, error) {
	options := []redis.DialOption{redis.DialConnectTimeout(replyTime), redis.DialReadTimeout(replyTime), redis.DialWriteTimeout(replyTime)}
	if f.PasswordFile != "" {
		password, err := firstLine(f.PasswordFile)
		if err != nil {
			return nil, err
		}
		options = append(options, redis.DialUsername(f.User), redis.DialPassword(password))
	}
	if f.CA != "" {
		text, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, err
		}
		config := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: x509.NewCertPool()}
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s has no certificate", f.CA)
		}
		if f.Cert != "" {
			pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
			if err != nil {
				return nil, err
			}
			config.Certificates = []tls.Certificate{pair}
		}
		options = append(options, redis.DialUseTLS(true), redis.DialTLSConfig(config))
	}
	c, err := redis.DialContext(ctx, "tcp", address, options...)
	if err != nil {
		return nil, f.unreached(address, err)
	}
	if _, err := redis.DoContext(c, ctx, "PING"); err != nil && !errors.As(err, new(redis.Error)) { // NOAUTH is an answer
		return nil, errors.Join(f.unreached(address, err), c.Close())
	}
	return c, nil
}

// unreached returns the error of a connection that has failed. A node that serves TLS says nothing to whoever does not.
func (f *clientFlags) unreached(address string, err error) error {
	op := (*net.OpError)(nil)
	if f.CA == "" && !errors.As(err, new(redis.Error)) && (!errors.As(err, &op) || op.Op != "dial") {
		return fmt.Errorf("%s: %w; if the node serves TLS, --ca must name the file of its authority", address, err)
	}
	return fmt.Errorf("%s: %w", address, err)
}

// load reads the state of a running node as a client: of a counter only the value is known. While the
// node is updated the result has what was there at the beginning, and maybe some of what is new.
func (f *clientFlags) load(ctx context.Context, address string) (*crdt.Collections, error) {
	c, err := f.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	defer c.Close() // nothing was written
	state := crdt.NewCollections(crdt.Key{1, 2})
	err = scan(ctx, c, "SCAN", nil, func(name []byte) error { return loadOne(ctx, c, state, string(name)) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return state, nil
}

func loadOne(ctx context.Context, c redis.Conn, state *crdt.Collections, name string) error {
	kind, err := redis.String(c.Do("TYPE", name))
	switch {
	case err != nil:
		return err
	case kind == "set":
		return scan(ctx, c, "SSCAN", []any{name}, func(element []byte) error {
			_, err := state.Insert(name, element)
			return err
		})
	case kind != "string":
		return nil // it is gone: this is no node of gsetd
	}
	text, err := redis.String(c.Do("GET", name))
	if err != nil {
		return err
	}
	value, ok := new(big.Int).SetString(text, 10)
	if !ok || value.BitLen() > 1<<10 {
		return fmt.Errorf("the counter %.80q has the value %.80q", name, text)
	}
	return put(state, name, value)
}

// put gives a counter a value, which may take several origins.
func put(state *crdt.Collections, name string, value *big.Int) error {
	most := new(big.Int).SetUint64(^uint64(0))
	left := new(big.Int).Abs(value)
	for i := uint64(1); left.Sign() > 0; i++ {
		term := left
		if left.Cmp(most) > 0 {
			term = most
		}
		b := crdt.Balance{Up: term.Uint64()}
		if value.Sign() < 0 {
			b = crdt.Balance{Down: b.Up}
		}
		if err := state.Raise(name, crdt.Origin{Node: "value", Incarnation: i}, b); err != nil {
			return err
		}
		left = new(big.Int).Sub(left, term)
	}
	return nil
}

// scan calls f with all that SCAN or SSCAN finds.
func scan(ctx context.Context, c redis.Conn, command string, args []any, f func(item []byte) error) error {
	for cursor := "0"; ; {
		reply, err := redis.Values(redis.DoContext(c, ctx, command, append(args[:len(args):len(args)], cursor, "COUNT", "10000")...))
		if err != nil {
			return err
		}
		var items [][]byte
		if _, err := redis.Scan(reply, &cursor, &items); err != nil {
			return err
		}
		for _, item := range items {
			if err := f(item); err != nil {
				return err
			}
		}
		if n, err := strconv.ParseUint(cursor, 10, 64); err != nil || n == 0 {
			return err
		}
	}
}
