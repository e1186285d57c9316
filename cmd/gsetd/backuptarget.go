package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// checkBackup refuses a file for BGSAVE that could not be written, or would take a file of the store's place.
func (cmd *serveCmd) checkBackup() error {
	if cmd.Backup == "" {
		return nil
	}
	folder, err := realFolder(filepath.Dir(cmd.Backup))
	if err != nil {
		return fmt.Errorf("%w: --backup: %w", errUsage, err)
	}
	if info, err := os.Stat(cmd.Backup); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%w: --backup: %s is not a file", errUsage, cmd.Backup)
	}
	if cmd.Dir == "" {
		return nil
	}
	store, err := realFolder(cmd.Dir)
	if err != nil {
		return nil // the store's folder is not there, and the backup's is
	}
	if within, err := filepath.Rel(store, folder); err == nil && within != ".." && !strings.HasPrefix(within, ".."+string(filepath.Separator)) {
		return fmt.Errorf("%w: --backup: %s is inside of the store's folder %s", errUsage, cmd.Backup, cmd.Dir)
	}
	return nil
}

// realFolder returns a folder's absolute path without symbolic links.
func realFolder(path string) (string, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if !info.IsDir() {
		return "", fmt.Errorf("%s is not a folder", path)
	}
	return filepath.Abs(path)
}
