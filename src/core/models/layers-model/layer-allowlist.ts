/**
 * The layer classes that a checkpoint may use, each with the initialisers of its weights: TF.js's built-in
 * layers for images. What is missing needs masks, states or code of its own.
 */
export const allowedLayers: Readonly<Record<string, readonly string[]>> = {
  // Containers
  Functional: [],
  Model: [],
  Sequential: [],
  InputLayer: [],
  // Weights
  BatchNormalization: [
    'beta_initializer',
    'gamma_initializer',
    'moving_mean_initializer',
    'moving_variance_initializer',
  ],
  Conv1D: ['kernel_initializer', 'bias_initializer'],
  Conv2D: ['kernel_initializer', 'bias_initializer'],
  Conv2DTranspose: ['kernel_initializer', 'bias_initializer'],
  Dense: ['kernel_initializer', 'bias_initializer'],
  DepthwiseConv2D: ['depthwise_initializer', 'bias_initializer'],
  LayerNormalization: ['beta_initializer', 'gamma_initializer'],
  PReLU: ['alpha_initializer'],
  SeparableConv2D: ['depthwise_initializer', 'pointwise_initializer', 'bias_initializer'],
  // Activations
  Activation: [],
  ELU: [],
  LeakyReLU: [],
  ReLU: [],
  Softmax: [],
  ThresholdedReLU: [],
  // Regularisation, the identity when a network is run
  AlphaDropout: [],
  Dropout: [],
  GaussianDropout: [],
  GaussianNoise: [],
  SpatialDropout1D: [],
  // Shapes
  CenterCrop: [],
  Cropping2D: [],
  Flatten: [],
  Permute: [],
  RepeatVector: [],
  Rescaling: [],
  Reshape: [],
  Resizing: [],
  UpSampling2D: [],
  ZeroPadding2D: [],
  // Several inputs
  Add: [],
  Average: [],
  Concatenate: [],
  Dot: [],
  Maximum: [],
  Minimum: [],
  Multiply: [],
  // Pooling
  AveragePooling1D: [],
  AveragePooling2D: [],
  GlobalAveragePooling1D: [],
  GlobalAveragePooling2D: [],
  GlobalMaxPooling1D: [],
  GlobalMaxPooling2D: [],
  MaxPooling1D: [],
  MaxPooling2D: [],
};
