package server

import (
	"context"
	"fmt"
	"time"
)

func (u *soakUser) pause(ctx context.Context, mean time.Duration) {
	select {
	case <-time.After(time.Duration(u.random.Int64N(int64(2 * mean)))):
	case <-ctx.Done():
	}
}

// live does things at random until ctx is over; test is the context of the whole
// test.
func (u *soakUser) live(ctx, test context.Context, pause time.Duration) error {
	for ctx.Err() == nil {
		u.pause(ctx, pause)
		if err := u.act(test); err != nil {
			return err
		}
	}
	return nil
}

func (u *soakUser) act(ctx context.Context) error {
	switch dice := u.random.IntN(100); {
	case dice < 60:
		u.note("saying")
		u.say(everybody, u.random.IntN(300))
	case dice < 75:
		u.note("whispering")
		if to := u.random.IntN(len(u.room.users)); to != u.index {
			u.say(to, u.random.IntN(100))
		}
	case dice < 80:
		u.note("taking a name")
		u.rename()
	case dice < 83:
		u.note("saying much in chunks")
		u.say(everybody, 5000+u.random.IntN(40_000))
		u.say(everybody, 10)
	case dice < 85:
		u.note("saying many things")
		for range 20 {
			u.say(everybody, 50)
		}
	case dice < 90:
		u.note("not reading")
		u.session.rest(time.Duration(u.random.Int64N(int64(2 * time.Second))))
	case dice < 94:
		u.note("talking as it breaks")
		u.say(everybody, u.random.IntN(6000))
		u.interrupted()
		return u.drop(ctx)
	default:
		return u.drop(ctx)
	}
	return u.ask()
}

// interrupted sends what is pending and waits for no answer.
func (u *soakUser) interrupted() {
	u.room.mu.Lock()
	for _, x := range u.pending {
		u.room.resent[x.said] = true
	}
	u.room.mu.Unlock()
	u.write()
	u.session.close()
}

// talk says something all the time.
func (u *soakUser) talk(ctx context.Context) error {
	for ctx.Err() == nil {
		u.pause(ctx, 10*time.Millisecond)
		for range 1 + u.random.IntN(5) {
			u.say(everybody, u.random.IntN(2000))
		}
		if err := u.ask(); err != nil {
			return err
		}
	}
	return nil
}

// drop breaks the session in one of many ways, comes back, and has what was not
// answered answered.
func (u *soakUser) drop(ctx context.Context) error { return u.dropBy(ctx, u.random.IntN(7)) }

func (u *soakUser) dropBy(ctx context.Context, way int) (err error) {
	u.note(fmt.Sprint("dropping ", way))
	if way%2 == 0 {
		_ = u.session.conn.SetLinger(0) // with a reset
	}
	if way != 3 && way != 4 {
		u.session.close()
	}
	u.pause(ctx, 20*time.Millisecond)
	switch way {
	case 0, 3: // a new path in the same call
		err = u.invite(ctx)
	case 1, 4: // another call in the place of the old one
		u.room.unname(u.index)
		err = u.join(ctx)
	case 2: // after hanging up
		if err = u.leave(); err == nil {
			u.pause(ctx, 50*time.Millisecond)
			err = u.join(ctx)
		}
	case 5: // a new path that nobody takes, and then another
		if _, err = u.offer(); err == nil {
			err = u.invite(ctx)
		}
	case 6: // twice
		if err = u.invite(ctx); err == nil {
			u.session.close()
			u.room.unname(u.index)
			err = u.join(ctx)
		}
	}
	if err != nil {
		return err
	}
	return u.ask()
}
