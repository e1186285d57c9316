package main

import (
	"fmt"
	"io"
	"log/slog"

	"gset/internal/logging"
)

// logFlags say how to log. The log goes to the standard error.
type logFlags struct {
	LogLevel  slog.Level `name:"log-level" help:"What to log: debug, info, warn or error, and what is worse." default:"info"`
	LogFormat string     `name:"log-format" help:"Lines of text or of json." enum:"text,json" default:"text"`
}

// start makes the log the one of the process.
func (f *logFlags) start(w io.Writer) error {
	log, err := logging.New(w, logging.Config{Format: f.LogFormat, Level: f.LogLevel})
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	slog.SetDefault(log)
	return nil
}
