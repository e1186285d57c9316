package ordeal

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// fetchVariable has the test's program, as a process of a member's host, fetch the page that the variable names, and
// do nothing else: loopback of a host in a namespace is reached from there alone.
const fetchVariable = "GSET_ORDEAL_FETCH"

// fetch prints what is at an address, and returns the exit status.
func fetch(url string) int {
	client := http.Client{Timeout: patience}
	r, err := client.Get(url)
	if err == nil {
		_, err = io.Copy(os.Stdout, r.Body)
		err = errors.Join(err, r.Body.Close())
		if r.StatusCode != http.StatusOK {
			err = errors.Join(err, errors.New(r.Status))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// page fetches a page that a member serves to its operator.
func (m *member) fetch(path string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := m.host.command(self)
	cmd.Env = append(os.Environ(), fetchVariable+"="+m.page+strings.TrimPrefix(path, "/"))
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s of %s: %w", path, m.name, err)
	}
	return string(out), nil
}

// metrics returns a member's metrics that have no labels.
func (m *member) metrics() (map[string]float64, error) {
	text, err := m.fetch("/metrics")
	if err != nil {
		return nil, err
	}
	all := map[string]float64{}
	for line := range strings.Lines(text) {
		name, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		if value, err := strconv.ParseFloat(number, 64); err == nil && !strings.ContainsAny(name, "#{") {
			all[name] = value
		}
	}
	return all, nil
}

// ready waits until a member says that clients may be sent to it.
func (c *cluster) ready(m *member) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		_, err := m.fetch("/readyz")
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%s is not ready after %v: %v", m.name, patience, err)
		}
	}
}
