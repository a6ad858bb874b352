"""FSDP2: two models, each sharded over two ranks; torchrun --nproc-per-node 4 fsdp2.py."""

import torch
import torch.distributed as dist
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

import codist

dist.init_process_group("gloo")
peers, alpha = codist.Peers(n=2), 1.0
mesh = DeviceMesh.from_group(peers.row, "cpu")  # or "cuda"; without it, both models would be one

images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels))
sampler = DistributedSampler(data, peers.shards, peers.shard)  # the same mini-batch for both models
loader = DataLoader(data, 64 // peers.shards, sampler=sampler, drop_last=True)
torch.manual_seed(peers.model)
network = nn.Sequential(
    nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
)
for layer in network[::2]:
    fully_shard(layer, mesh=mesh)
fully_shard(network, mesh=mesh)
optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)  # after fully_shard
for epoch in range(3):
    sampler.set_epoch(epoch)
    for k, (x, y) in enumerate(loader):
        logits = network(x)
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        (loss + alpha * peers.penalty(k, x, logits)).backward()
        optimizer.step()
    if peers.shard == 0:
        print(f"model {peers.model}, epoch {epoch}: loss {loss.item():.3f}", flush=True)
dist.destroy_process_group()
