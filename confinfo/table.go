package confinfo

// table is the virtual table of RFC 4575 §4.6: the elements of one kind below a
// parent, by key, in the order in which they came.
type table[T any] struct {
	list []T
	key  func(*T) string
	at   map[string]int
	dead int
}

func (t *table[T]) index() map[string]int {
	if t.at == nil {
		t.at = make(map[string]int, len(t.list))
		for i := range t.list {
			t.at[t.key(&t.list[i])] = i
		}
	}
	return t.at
}

// find returns the element with the key, nil if there is none. It is good until
// the next add.
func (t *table[T]) find(key string) *T {
	if i, ok := t.index()[key]; ok {
		return &t.list[i]
	}
	return nil
}

func (t *table[T]) add(v T) {
	t.index()[t.key(&v)] = len(t.list)
	t.list = append(t.list, v)
}

func (t *table[T]) remove(key string) {
	if _, ok := t.index()[key]; ok {
		delete(t.at, key)
		t.dead++
	}
}

// rest returns what was not removed.
func (t *table[T]) rest() []T {
	if t.dead == 0 {
		return t.list
	}
	kept := t.list[:0]
	for i := range t.list {
		if at, ok := t.at[t.key(&t.list[i])]; ok && at == i {
			kept = append(kept, t.list[i])
		}
	}
	return kept
}
