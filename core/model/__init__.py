"""The conditional VAE, and its use: conversion, sampling, latent space."""
