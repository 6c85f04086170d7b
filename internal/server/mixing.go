package server

import (
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/sdp"
)

// mixerConfig is the configuration in the words of the mixer.
func (s *Server) mixerConfig() mixer.Config {
	host, port := hostPort(s.cfg.MSRP.Advertise)
	c := mixer.Config{
		Log: s.log, Endpoint: s.media, Host: host, Port: port, MaxMessage: int64(s.cfg.MSRP.MaxMessage),
		Preconditions: s.preconditions(), Strict: s.cfg.MSRP.Strict, CEMA: s.cfg.MSRP.CEMA,
		Reserved: s.cfg.Mixer.ReservedNicknames, NicknamesPerMinute: s.cfg.Limits.NicknamesPerMinute,
		WrappedTypes: sdp.TypeList(s.cfg.Mixer.WrappedTypes), HistoryOctets: int(s.cfg.Mixer.HistorySize),
		ChunkWait: s.cfg.Mixer.ChunkWait,
		Rates: mixer.Rates{
			Messages: s.cfg.Limits.MessagesPerSecond, Octets: int64(s.cfg.Mixer.SenderRate), FanOut: int64(s.cfg.Mixer.FanOutRate),
		},
		ComposingPerSecond: s.cfg.Limits.ComposingPerSecond,
		PrivateCopies:      s.cfg.Mixer.PrivateCopyToSender,
		OwnDevicesOff:      !s.cfg.Mixer.EchoOwnDevices,
		StrictNames:        s.cfg.Mixer.StrictNames,
		Welcome:            s.cfg.Mixer.Welcome,
		Report:             reportOf(s.cfg.Mixer),
		Congestion:         congestionOf(s.cfg.Mixer),
		BindTimeout:        s.tune.bind,
	}
	for _, q := range s.cfg.Mixer.Quirks {
		c.Quirks = append(c.Quirks, mixer.QuirkRule(q))
	}
	return c
}

func reportOf(c config.Mixer) mixer.Report {
	if c.Report == "partial" {
		return mixer.Partial
	}
	return mixer.Full
}

func congestionOf(c config.Mixer) mixer.Congestion {
	switch c.Congestion {
	case "tell":
		return mixer.Tell
	case "drop":
		return mixer.Drop
	}
	return mixer.Cut
}
