package confinfo

// keyed is an element that is told from its neighbours by a key.
type keyed[T any] interface {
	*T
	key() string
}

// table is the virtual table of RFC 4575 §4.6: the elements of one kind below a
// parent, by key, in the order in which they came.
type table[T any, E keyed[T]] struct {
	list []T
	at   map[string]int
	dead int
}

func (t *table[T, E]) index() map[string]int {
	if t.at == nil {
		t.at = make(map[string]int, len(t.list))
		for i := range t.list {
			t.at[E(&t.list[i]).key()] = i
		}
	}
	return t.at
}

// find returns the element with the key, nil if there is none. It is good until
// the next add.
func (t *table[T, E]) find(key string) *T {
	if i, ok := t.index()[key]; ok {
		return &t.list[i]
	}
	return nil
}

func (t *table[T, E]) add(v T) {
	t.index()[E(&v).key()] = len(t.list)
	t.list = append(t.list, v)
}

func (t *table[T, E]) remove(key string) {
	if _, ok := t.index()[key]; ok {
		delete(t.at, key)
		t.dead++
	}
}

// rest returns what was not removed.
func (t *table[T, E]) rest() []T {
	if t.dead == 0 {
		return t.list
	}
	kept := t.list[:0]
	for i := range t.list {
		if at, ok := t.at[E(&t.list[i]).key()]; ok && at == i {
			kept = append(kept, t.list[i])
		}
	}
	return kept
}
