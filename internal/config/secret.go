package config

import "log/slog"

// Secret is a credential. It prints itself in full where it is asked for its
// string, which the printed configuration needs, and never into a log.
type Secret string

// LogValue hides the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue("[redacted]") }
