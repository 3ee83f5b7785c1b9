package inspect

// Report is what Look found.
type Report struct {
	// Sets are those given, in order.
	Sets []SetReport `json:"sets"`
	// Leaks say for every set and every one before it which texts are in both.
	Leaks []Leak `json:"leaks,omitempty"`
}

// SetReport is what is in one set.
type SetReport struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
	// First are the first rows.
	First  []Row  `json:"first,omitempty"`
	Labels Labels `json:"labels"`
	// Characters and Tokens are the lengths of texts, those of a pair added up.
	Characters *Lengths `json:"characters"`
	Tokens     *Lengths `json:"tokens,omitempty"`
	// Compared is the share of the different texts that were compared. Below 1, the
	// counts of Duplicates and Conflicts are estimates.
	Compared   float64    `json:"compared"`
	Duplicates Duplicates `json:"duplicates"`
	Conflicts  Conflicts  `json:"conflicts"`
	// Texts are the rows whose texts are odd, by what is odd about them.
	Texts []Oddity `json:"texts"`
}

// Row is one row to look at.
type Row struct {
	Row uint64 `json:"row"`
	// Text and Pair are cut to a readable length.
	Text  string `json:"text"`
	Pair  string `json:"text_pair,omitempty"`
	Label string `json:"label,omitempty"`
	// Repaired is what a text that was read in a wrong encoding probably was.
	Repaired string `json:"repaired,omitempty"`
}

// Finding is the rows of one kind.
type Finding struct {
	Rows int64 `json:"rows"`
	// List holds the least of their ids, Texts the first of the rows.
	List  []uint64 `json:"row_ids,omitempty"`
	Texts []Row    `json:"examples,omitempty"`
}

// Oddity is the rows with one kind of odd text.
type Oddity struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
	Finding
}

// Labels say how the labels are spread.
type Labels struct {
	// Kind is none, class, multi, value, tags or span.
	Kind string `json:"kind"`
	// Unlabelled counts rows.
	Unlabelled int64 `json:"unlabelled"`
	// Classes are in the order of the labels: rows of each, or words in a set with
	// tags. A span is an answer or none.
	Classes []Class `json:"classes,omitempty"`
	// Values are those of a regression.
	Values *Values `json:"values,omitempty"`
}

// Class is how often a class comes.
type Class struct {
	Name  string  `json:"name"`
	Count int64   `json:"count"`
	Share float64 `json:"share"` // of what is labelled
}

// Values are the targets of a regression.
type Values struct {
	Least     float64 `json:"least"`
	Mean      float64 `json:"mean"`
	Most      float64 `json:"most"`
	Deviation float64 `json:"standard_deviation"`
}

// Lengths are a histogram. Lengths from 4,096 on are kept to 1.6 %.
type Lengths struct {
	Least  int     `json:"least"`
	Median int     `json:"median"`
	Mean   float64 `json:"mean"`
	P95    int     `json:"p95"`
	P99    int     `json:"p99"`
	Most   int     `json:"most"`
	// Limit is Options.MaxLength, Longer the rows beyond it; tokens only.
	Limit  int   `json:"limit,omitempty"`
	Longer int64 `json:"longer,omitempty"`
	// Bins are the same for all sets of a report. The last one has no end.
	Bins []Bin `json:"bins"`
}

// Bin counts the rows of some lengths: From to To, To included; a To of -1
// stands for no end.
type Bin struct {
	From  int   `json:"from"`
	To    int   `json:"to"`
	Count int64 `json:"count"`
}

// Duplicates are rows whose text came before, whatever their label.
type Duplicates struct {
	// Exact are those with equal texts, Folded those with equal texts but for case
	// and white space, the exact ones among them.
	Exact  Repeats `json:"exact"`
	Folded Repeats `json:"folded"`
	// Near are rows much like one before, the exact ones left out; nil if nobody
	// asked.
	Near *Near `json:"near,omitempty"`
}

// Repeats are texts that come more than once.
type Repeats struct {
	// Rows are those after the first of their text; Texts the different texts.
	Rows  int64 `json:"rows"`
	Texts int64 `json:"texts"`
	// List holds the least ids of the Rows.
	List []uint64 `json:"row_ids,omitempty"`
	// Groups are the texts that come most often.
	Groups []Group `json:"groups,omitempty"`
}

// Group is rows with one text.
type Group struct {
	// Count is how many there are; Rows are the first of them.
	Count int64 `json:"count"`
	Rows  []Row `json:"rows"`
}

// Near are near duplicates.
type Near struct {
	Threshold float64 `json:"threshold"`
	Finding
}

// Conflicts are texts with more than one label.
type Conflicts struct {
	Exact  Conflict `json:"exact"`
	Folded Conflict `json:"folded"`
}

// Conflict counts the texts that have several labels, and their rows.
type Conflict struct {
	Texts int64 `json:"texts"`
	Rows  int64 `json:"rows"`
	// List holds the least ids of the Rows, Groups the first of the texts.
	List   []uint64 `json:"row_ids,omitempty"`
	Groups []Group  `json:"groups,omitempty"`
}

// Leak is what one set shares with another one before it.
type Leak struct {
	// Set has the rows, From had them already.
	Set  string `json:"set"`
	From string `json:"from"`
	// Compared is as that of SetReport.
	Compared float64 `json:"compared"`
	// Exact and Folded count the rows of Set whose text is in From, the exact ones
	// among the folded ones; Relabelled those of them that have no label there that
	// they have here.
	Exact      int64 `json:"exact"`
	Folded     int64 `json:"folded"`
	Relabelled int64 `json:"relabelled"`
	// List holds the least ids of the rows, Pairs the first of them with a row of
	// From each.
	List  []uint64 `json:"row_ids,omitempty"`
	Pairs []Pair   `json:"pairs,omitempty"`
}

// Pair is a row and the one that it repeats.
type Pair struct {
	Row   Row  `json:"row"`
	Of    Row  `json:"of"`
	Exact bool `json:"exact"`
}
