"""Accelerate: two models on two ranks each; torchrun --nproc-per-node 4 accelerate_loop.py."""

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.data_loader import prepare_data_loader
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, TensorDataset

import codist

accelerator = Accelerator(cpu=True)  # joins the process group
peers, alpha = codist.Peers(n=2), 1.0

images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels))
loader = DataLoader(data, 64 // peers.shards, shuffle=True, drop_last=True)
shard = {"num_processes": peers.shards, "process_index": peers.shard, "use_seedable_sampler": True}
# the same mini-batch for both models; accelerator.prepare(loader) would divide it between them
loader = prepare_data_loader(loader, accelerator.device, put_on_device=True, data_seed=0, **shard)
torch.manual_seed(peers.model)
network = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
# prepared, but not for all ranks: accelerator.prepare(network) would average the models into one
network = DDP(accelerator.prepare_model(network, evaluation_mode=True), process_group=peers.row)
optimizer = accelerator.prepare(torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9))
for epoch in range(3):
    for k, (x, y) in enumerate(loader):
        logits = network(x)
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        accelerator.backward(loss + alpha * peers.penalty(k, x, logits))
        optimizer.step()
    if peers.shard == 0:
        print(f"model {peers.model}, epoch {epoch}: loss {loss.item():.3f}", flush=True)
accelerator.end_training()
