package source

// recycler lends memory for pages. What was used for a page is lent again once
// the rows that were read from it are out of use, so that pages lie where the
// processor's caches know them.
type recycler struct {
	used, free [][]byte
	scratch    []byte
}

// stored returns room for a page as it is stored, which nobody refers to once it
// is decompressed: it is lent until the next call.
func (r *recycler) stored(size int) []byte {
	if cap(r.scratch) < size {
		r.scratch = make([]byte, size)
	}
	return r.scratch[:size]
}

// lend returns memory of at least that capacity.
func (r *recycler) lend(size int) []byte {
	for i, b := range r.free {
		if cap(b) >= size {
			r.free[i] = r.free[len(r.free)-1]
			r.free = r.free[:len(r.free)-1]
			return b[:size]
		}
	}
	return make([]byte, size)
}

// retire takes back memory that rows may still refer to.
func (r *recycler) retire(b []byte) {
	if b != nil {
		r.used = append(r.used, b)
	}
}

// recycle says that nothing refers to what was retired. A few pieces are kept,
// one for each column that is commonly read.
func (r *recycler) recycle() {
	const most = 4
	for _, b := range r.used {
		if len(r.free) < most {
			r.free = append(r.free, b)
		}
	}
	clear(r.used)
	r.used = r.used[:0]
}
