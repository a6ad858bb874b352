"""Hugging Face's Trainer: two ResNets on two ranks each; torchrun --nproc-per-node 4 trainer.py."""

import torch
from accelerate.data_loader import prepare_data_loader
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader
from transformers import ResNetConfig, ResNetForImageClassification, Trainer, TrainingArguments

import codist

args = TrainingArguments(use_cpu=True, report_to="none", save_strategy="no", learning_rate=0.003)
peers, alpha = codist.Peers(n=2), 1.0  # after TrainingArguments, which join the process group


class CodistillationTrainer(Trainer):
    loss_is_scaled_for_ga = False  # loss and penalty are means over a micro-batch

    def _wrap_model(self, model, training=True, dataloader=None):  # average one model's ranks only
        if training and model is self.model:
            model = self.accelerator.prepare_model(model, evaluation_mode=True)
            model = torch.nn.parallel.DistributedDataParallel(model, process_group=peers.row)
        return model

    def get_train_dataloader(self):  # the same mini-batch for both models
        full = DataLoader(self.train_dataset, self._train_batch_size, True, drop_last=True)
        return prepare_data_loader(full, None, peers.shards, peers.shard, use_seedable_sampler=True)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        loss, outputs = super().compute_loss(model, inputs, True)
        if model.training:
            k, x = self.state.global_step, inputs["pixel_values"]
            loss = loss + alpha * peers.penalty(k, x, outputs.logits)
        return (loss, outputs) if return_outputs else loss


digits = zip(*load_digits(return_X_y=True), strict=True)
data = [{"pixel_values": torch.tensor(x).float().view(1, 8, 8), "labels": y} for x, y in digits]
torch.manual_seed(peers.model)
config = ResNetConfig(num_channels=1, hidden_sizes=[16, 32], depths=[1, 1], num_labels=10)
CodistillationTrainer(ResNetForImageClassification(config), args, train_dataset=data).train()
