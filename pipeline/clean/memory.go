package clean

import (
	"encoding/binary"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// forgetful is a map that holds the last entries given to it: at least half of
// its size, at most all of it. It forgets by generations, so that what it holds
// is a function of what it was given.
type forgetful[K comparable, V any] struct {
	young, old map[K]V
	half       int
}

// remember returns a map of at most n entries.
func remember[K comparable, V any](n int) *forgetful[K, V] {
	return &forgetful[K, V]{young: map[K]V{}, half: max(1, n/2)}
}

func (m *forgetful[K, V]) get(key K) (V, bool) {
	if v, ok := m.young[key]; ok {
		return v, true
	}
	v, ok := m.old[key]
	return v, ok
}

func (m *forgetful[K, V]) put(key K, value V) {
	if len(m.young) >= m.half {
		m.old, m.young = m.young, make(map[K]V)
	}
	m.young[key] = value
}

// hash128 is a fingerprint: among 10⁹ texts, the chance that any two share one
// is 10⁻²¹.
type hash128 [16]byte

// textKey appends the fingerprint of an example's texts.
func textKey(dst []byte, ex *sample.Example) []byte {
	if !ex.HasPair {
		sum := xxh3.HashString128(ex.Text).Bytes()
		return append(dst, sum[:]...)
	}
	h := xxh3.New()
	_, _ = h.WriteString(ex.Text)
	_, _ = h.WriteString("\x00\xff") // no valid text holds it
	_, _ = h.WriteString(ex.Pair)
	sum := h.Sum128().Bytes()
	return append(dst, sum[:]...)
}

// labelKey appends the fingerprint of an example's label, tagged words included.
func labelKey(dst []byte, ex *sample.Example) []byte {
	buf := make([]byte, 0, 64)
	buf = append(buf, byte(ex.Label.Kind))
	for _, v := range ex.Label.Int {
		buf = binary.LittleEndian.AppendUint64(buf, uint64(v))
	}
	for _, v := range ex.Label.Float {
		buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
	}
	for _, w := range ex.Words {
		buf = binary.LittleEndian.AppendUint64(buf, uint64(w.Start))
		buf = binary.LittleEndian.AppendUint64(buf, uint64(w.End))
	}
	sum := xxh3.Hash128(buf).Bytes()
	return append(dst, sum[:]...)
}
