package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// checkEvery is how often files that are read again are looked at. SIGHUP has that done at once.
const checkEvery = 5 * time.Second

// lookAfter looks after files until stop is called: each check is called every checkEvery, and on SIGHUP
// with now set.
func lookAfter(checks ...func(now bool)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	ticker := time.NewTicker(checkEvery)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			now := false
			select {
			case <-ctx.Done():
				return
			case <-hup:
				now = true
			case <-ticker.C:
			}
			for _, check := range checks {
				check(now)
			}
		}
	}()
	return func() {
		signal.Stop(hup)
		ticker.Stop()
		cancel()
		<-ended
	}
}
