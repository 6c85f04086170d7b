//go:build !unix

package main

import "errors"

// processorTime is for systems that are not asked.
func processorTime() ([]any, error) { return nil, errors.ErrUnsupported }
