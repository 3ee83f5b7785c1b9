// Package autodiff appends the backward pass to a forward graph.
//
// Nouns: a Rule is the gradient of one operator; a Table holds rules by domain,
// operator and opset; Build walks a graph backwards from its loss and lets the
// rules write nodes on a tape; a Report says for every forward node whether it
// was differentiated, and if not, why.
//
// Path: rules.Standard() → Build(model, table, Options) → Result.Grads.
//
// What every rule would otherwise repeat is done here once: contributions to
// one value are added up, a gradient that is larger than its value because of
// broadcasting is summed to the value's shape, element types are checked, and
// nodes and gradients get the names that ONNX Runtime's own gradient builder
// gives them (<node>_Grad/<Op>_<i>, <value>_grad, <value>_grad_<i>,
// AccumulateGrad_<value>_grad).
//
// Errors: ErrNoRule lists every operator without a rule at once, before the
// graph is changed; ErrNotDifferentiable, ErrUnreachable and RuleError name the
// node. After an error of a rule the model is in an undefined state and must be
// dropped. Nothing here is safe for concurrent use on one model.
//
// The package knows no operator: it does not import its rules, callers pass the
// table. It differentiates graphs once, not their gradients again, and it does
// not look into the bodies of If, Loop or model-local functions.
package autodiff
