package ortrain

import "time"

// Observer hears of a run as it goes. Its methods are called on the trainer's
// goroutine, in this order, and must not block:
//
//	Begin
//	for each optimizer step:
//	    Step
//	    Evaluated     when an evaluation is due, after the step
//	    Saved         once a checkpoint is on disk: some steps after it was due,
//	                  and before the next one is begun
//	End
type Observer interface {
	Begin(Plan)
	Step(Step)
	Evaluated(Evaluation)
	Saved(Saved)
	End(Result)
}

// Plan is what a run is going to do.
type Plan struct {
	// Steps is the number of the last step; a resumed run starts after First.
	Steps, First int
	// StepsPerEpoch counts optimizer steps.
	StepsPerEpoch int
	// Examples of one epoch.
	Examples int64
}

// Step tells of one optimizer update.
type Step struct {
	// Step counts from 1; Epoch is fractional, in epochs gone through.
	Step  int
	Epoch float64
	// Loss is what was differentiated: the mean over the labels of the step that
	// count. Methods that learn from rows without labels add a mean of their own
	// term over all rows of the step. Where a step updates the weights several
	// times, Loss is that of the last time.
	Loss float64
	// LearningRate is the one the update used.
	LearningRate float64
	// GradNorm is the global norm before clipping.
	GradNorm float64
	// Examples and Tokens of the step.
	Examples, Tokens int
	// Padding is the share of attention's rectangle that holds no token.
	Padding float64
	// Wait is the time spent waiting for data, Graph in the runtime, Optimizer
	// in the update, Total all of the step.
	Wait, Graph, Optimizer, Total time.Duration
	// Logged marks the steps that logging_steps selects.
	Logged bool
}

// Evaluation tells of one pass over the evaluation data.
type Evaluation struct {
	Step  int
	Epoch float64
	// Metrics holds loss and the task's metrics, without a prefix.
	Metrics map[string]float64
	// Best says that MetricForBestModel improved.
	Best     bool
	Examples int
	Took     time.Duration
}

// Saved tells of one checkpoint on disk.
type Saved struct {
	Step int
	Path string
	// Took is the time until it was on disk, Stalled the part of it that training
	// waited.
	Took, Stalled time.Duration
}

// Result is how a run ended.
type Result struct {
	// Steps done in total, and the loss averaged over them; those before the run
	// was resumed are among them.
	Steps     int
	Epoch     float64
	TrainLoss float64
	// RanSteps are the steps since the run began or was last resumed, Examples and
	// Tokens what they brought, and Training the time they took, evaluation and
	// saving excluded.
	RanSteps int
	Examples int64
	Tokens   int64
	Training time.Duration
	// Wait is the part of Training spent waiting for data.
	Wait time.Duration
	// Stopped says why the run ended early: "", "signal" or "early_stopping".
	Stopped string
	// BestStep and BestMetric describe the best evaluation, if there was one.
	BestStep   int
	BestMetric float64
	// Checkpoint is the folder of the last checkpoint, "" without one.
	Checkpoint string
}
