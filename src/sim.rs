//! Simulators of VIA and Ollama.
