// The exports of the module: the table of kernels, with two of each product, and what only checks and measurements call.

export { gemm16, gemm8, gemmBias16, gemmBias8, gemmMasked16, gemmMasked8 } from './gemm';
export { packPanels } from './panels';
export { accumulate, columnSum, regularize, reluGradient, sumOfSquares } from './elementwise';
export { softmax, softmaxGradient } from './softmax';
export {
  relu, sigmoid, sigmoidGradient, tanh, tanhGradient, leakyRelu, leakyReluGradient, elu, eluGradient, selu, seluGradient, gelu,
  geluGradient, geluTanh, geluTanhGradient, silu, siluGradient, softplus, softplusGradient, hardSigmoid, hardSigmoidGradient,
  step, stepGradient,
} from './activations';
export { crossEntropy, crossEntropyDense, softmaxCrossEntropy, softmaxCrossEntropyDense } from './crossEntropy';
export {
  absoluteError, binaryCrossEntropy, hinge, huber, kullbackLeibler, logCosh, perceptron, poisson, sigmoidCrossEntropy,
  squaredError,
} from './loss';
export { adam, sgd } from './optimizers';
export { adadelta, adagrad, adamW, adamax, lion, nadam, rmsprop, sgdW } from './moreOptimizers';
export { affineRows, copyRows, scaleRows } from './rows';
export { batchNormalizedColumnSum, columnSumRows, normalizedColumnSum, weightedSum } from './columnSums';
export { layerNormalization, layerNormalizationGradient } from './layerNormalization';
export { batchNormalization, batchNormalizationGradient, batchStatistics, movingAverage } from './batchNormalization';
export { dropout } from './dropout';
export { categoryEncoding, embeddingGather, embeddingGradient } from './categories';
export {
  gatherFloat16, gatherFloat32, gatherFloat64, gatherInt16, gatherInt32, gatherInt64, gatherInt8, gatherUint16, gatherUint32,
  gatherUint64, gatherUint8,
} from './gather';
export { peak16, peak8 } from './peak';
export { exponential, logarithm } from './exponential';
export { evaluate } from './functions';
